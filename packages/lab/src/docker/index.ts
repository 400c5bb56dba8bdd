export { type DockerAddress, dockerAddress } from './docker-address.js';
export {
  type AttachedStreams,
  type ContainerInspection,
  type ContainerListing,
  type ContainerSpec,
  connectDocker,
  DockerEngine,
} from './docker-engine.js';
export { type DockerOptions, dockerOptions, needlessDockerFlags } from './docker-options.js';
export { type PackedFile, tar } from './tar.js';
