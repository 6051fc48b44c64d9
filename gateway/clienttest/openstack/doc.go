// Package openstack runs OpenStack's command line client with its Senlin plug-in (Debian's python3-openstackclient and python3-senlinclient),
// unchanged, against a gateway process.
package openstack
