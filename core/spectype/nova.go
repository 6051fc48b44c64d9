package spectype

import (
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// novaServer declares os.nova.server-1.0 (senlin/profiles/os/nova/server.py).
func novaServer() *Type {
	return &Type{
		Name: "os.nova.server", Version: "1.0",
		Support: []Support{{Status: "SUPPORTED", Since: "2016.04"}},
		Properties: []Property{
			declare(Map, "context", "Customized security context for operating servers."),
			declare(String, "admin_pass", "Password for the administrator account."),
			declare(Boolean, "auto_disk_config", "Whether the disk partition is done automatically.").byDefault(jsonvalue.Bool(true)),
			declare(String, "availability_zone", "Name of availability zone for running the server."),
			declare(List, "block_device_mapping_v2", "A list specifying the properties of block devices to be used for this server.").
				of(novaBlockDevice()),
			declare(Boolean, "config_drive", "Whether config drive should be enabled for the server."),
			declare(String, "flavor", "ID of flavor used for the server.").required().updatable(),
			declare(String, "image", "ID of image to be used for the new server.").updatable(),
			declare(String, "key_name", "Name of Nova keypair to be injected to server."),
			declare(Map, "metadata", "A collection of key/value pairs to be associated with the server created. "+
				"Both key and value must be <=255 chars.").updatable(),
			declare(String, "name", "Name of the server. When omitted, the node name will be used.").updatable(),
			declare(List, "networks", "List of networks for the server.").of(novaNetwork()).updatable(),
			declare(List, "personality", "List of files to be injected into the server, where each.").of(novaFile()),
			declare(Map, "scheduler_hints", "A collection of key/value pairs to be associated with the Scheduler hints. "+
				"Both key and value must be <=255 chars."),
			declare(List, "security_groups", "List of security groups.").of(novaSecurityGroup()),
			declare(String, "user_data", "User data to be exposed by the metadata server."),
		},
		Operations:  novaOperations(),
		contextKeys: requestContextKeys(),
		check:       checkNovaServer,
	}
}

func novaBlockDevice() Property {
	return declare(Map, "", "A map specifying the properties of a block device to be used by the server.").with(
		declare(String, "uuid", "ID of the source image, snapshot or volume"),
		declare(String, "source_type", "Volume source type, must be one of 'image', 'snapshot', 'volume' or 'blank'").required(),
		declare(String, "destination_type", "Volume destination type, must be 'volume' or 'local'").required(),
		declare(String, "disk_bus", "Bus of the device."),
		declare(String, "device_name", "Name of the device(e.g. vda, xda, ....)."),
		declare(Integer, "volume_size", "Size of the block device in MB(for swap) and in GB(for other formats)").required(),
		declare(String, "guest_format", "Specifies the disk file system format(e.g. swap, ephemeral, ...)."),
		declare(Integer, "boot_index", "Define the boot order of the device"),
		declare(String, "device_type", "Type of the device(e.g. disk, cdrom, ...)."),
		declare(Boolean, "delete_on_termination", "Whether to delete the volume when the server stops."),
	)
}

func novaNetwork() Property {
	return declare(Map, "", "A map specifying the properties of a network for uses.").with(
		declare(String, "network", "Name or ID of network to create a port on."),
		declare(String, "port", "Port ID to be used by the network."),
		declare(String, "vnic_type", "Define vnic_type to be used by port"),
		declare(String, "fixed_ip", "Fixed IP to be used by the network."),
		declare(List, "security_groups", "A list of security groups to be attached to this port.").of(novaSecurityGroup()),
		declare(String, "floating_network", "The network on which to create a floating IP"),
		declare(String, "floating_ip", "The floating IP address to be associated with this port."),
	)
}

func novaFile() Property {
	return declare(Map, "", "A map specifying the path & contents for an injected file.").with(
		declare(String, "path", "In-instance path for the file to be injected.").required(),
		declare(String, "contents", "Contents of the file to be injected.").required(),
	)
}

func novaSecurityGroup() Property { return declare(String, "", "Name of a security group").required() }

func novaOperations() []Operation {
	return []Operation{
		{Name: "reboot", Description: "Reboot the nova server.", Parameters: []Parameter{{
			Name: "type", Type: String, Description: "Type of reboot which can be 'SOFT' or 'HARD'.",
			Default: jsonvalue.String("SOFT"), Allowed: []jsonvalue.Value{jsonvalue.String("SOFT"), jsonvalue.String("HARD")},
		}}},
		{Name: "rebuild", Description: "Rebuild the server using current image and admin password."},
		{Name: "change_password", Description: "Change the administrator password.", Parameters: []Parameter{
			{Name: "admin_pass", Type: String, Description: "New password for the administrator."},
		}},
		{Name: "pause", Description: "Pause the server from running."},
		{Name: "unpause", Description: "Unpause the server to running state."},
		{Name: "suspend", Description: "Suspend the running of the server."},
		{Name: "resume", Description: "Resume the running of the server."},
		{Name: "lock", Description: "Lock the server."},
		{Name: "unlock", Description: "Unlock the server."},
		{Name: "start", Description: "Start the server."},
		{Name: "stop", Description: "Stop the server."},
		{Name: "rescue", Description: "Rescue the server.", Parameters: []Parameter{
			{Name: "image_ref", Type: String, Description: "A string referencing the image to use."},
		}},
		{Name: "unrescue", Description: "Unrescue the server."},
		{Name: "evacuate", Description: "Evacuate the server to a different host.", Parameters: []Parameter{
			{Name: "host", Type: String, Description: "The target host to evacuate the server."},
			{Name: "force", Type: String, Description: "Whether the evacuation should be a forced one."},
		}},
	}
}

// checkNovaServer wants networks, which the schema does not, and judges each of them.
func checkNovaServer(_ string, properties jsonvalue.Value) error {
	networks := properties.Get("networks")
	if networks.IsAbsent() {
		return malformed("spec.properties.networks", string(List))
	}
	for i, network := range networks.Items() {
		if err := checkNovaNetwork(network); err != nil {
			return inMember(inItem(err, i), "spec.properties.networks")
		}
	}
	return nil
}

func checkNovaNetwork(network jsonvalue.Value) *fault.Error {
	port, vnic := network.Get("port"), network.Get("vnic_type")
	switch {
	case port.IsAbsent() && network.Get("network").IsAbsent():
		return checkFailed("network", "port or network", "One of 'port' and 'network' must be provided")
	case isSet(network.Get("fixed_ip")) && !port.IsAbsent():
		return checkFailed("fixed_ip", "port or fixed_ip",
			"The 'port' property and the 'fixed_ip' property cannot be specified at the same time")
	case !vnic.IsAbsent() && !isKnownVNIC(pyrepr.Str(vnic)):
		return checkFailed("vnic_type", "normal, direct or macvtap",
			"vnic_type: '"+pyrepr.Str(vnic)+"' is not supported.(supported types are: normal, direct, macvtap)")
	case isSet(network.Get("floating_ip")) && !isSet(network.Get("floating_network")):
		return checkFailed("floating_ip", "floating_network as well", "Must specify a network to create floating IP")
	}
	return nil
}

func isKnownVNIC(kind string) bool { return kind == "normal" || kind == "direct" || kind == "macvtap" }
