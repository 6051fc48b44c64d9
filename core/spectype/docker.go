package spectype

import (
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// dockerContainer declares container.dockerinc.docker-1.0 (senlin/profiles/container/docker.py).
func dockerContainer() *Type {
	return &Type{
		Name: "container.dockerinc.docker", Version: "1.0",
		Support: []Support{{Status: "EXPERIMENTAL", Since: "2017.02"}},
		Properties: []Property{
			declare(Map, "context", "Customized security context for operating containers."),
			declare(String, "image", "The image used to create a container").required(),
			declare(String, "name", "The name of the container.").updatable(),
			declare(String, "command", "The command to run when container is started."),
			declare(Integer, "port", "The port number used to connect to docker daemon.").byDefault(jsonvalue.Int(2375)),
			declare(String, "host_node", "The node on which container will be launched."),
			declare(String, "host_cluster", "The cluster on which container will be launched."),
		},
		Operations: []Operation{
			{Name: "restart", Description: "Restart a container.", Parameters: []Parameter{
				{Name: "wait_time", Type: Integer, Description: "Number of seconds to wait before killing the container."},
			}},
			{Name: "pause", Description: "Pause a container."},
			{Name: "unpause", Description: "Unpause a container."},
		},
		contextKeys: requestContextKeys(),
		check:       checkDockerContainer,
	}
}

// checkDockerContainer wants a host among the deployment's clusters or nodes. A profile server has neither, so none is ever found.
func checkDockerContainer(_ string, properties jsonvalue.Value) error {
	cluster, node := properties.Get("host_cluster"), properties.Get("host_node")
	switch {
	case isSet(cluster) && isSet(node):
		return checkFailed("spec.properties.host_cluster", "host_cluster or host_node",
			"Either 'host_cluster' or 'host_node' must be specified, but not both.")
	case isSet(cluster):
		return hostNotFound("host_cluster", cluster)
	case isSet(node):
		return hostNotFound("host_node", node)
	default:
		return checkFailed("spec.properties.host_cluster", "host_cluster or host_node",
			"Either 'host_cluster' or 'host_node' must be specified.")
	}
}

func hostNotFound(property string, v jsonvalue.Value) error {
	return checkFailed("spec.properties."+property, "a cluster or node that exists",
		"The specified "+property+" '"+pyrepr.Str(v)+"' could not be found or is not unique.")
}
