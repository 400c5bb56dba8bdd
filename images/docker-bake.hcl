# All three images for amd64 and arm64:
#
#   VERSION=0.1.0 REVISION=$(git rev-parse HEAD) docker buildx bake --file images/docker-bake.hcl --push
#
# Called in the root of the project. Without --push or another output the result stays in the builder's cache; for this
# machine alone there is `npm run images`. REGISTRY goes before the names, with its slash: REGISTRY=registry.example.org/iot/

variable "VERSION" {
  default = "0.1.0"
}

variable "REVISION" {
  default = "unknown"
}

variable "REGISTRY" {
  default = ""
}

variable "NODE_IMAGE" {
  default = "node:24-slim"
}

group "default" {
  targets = ["sensor", "gateway", "lab"]
}

target "image" {
  name = part
  matrix = {
    part = ["sensor", "gateway", "lab"]
  }
  context    = "."
  dockerfile = "images/${part}/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags = [
    "${REGISTRY}sensorsim/${part}:${VERSION}",
    "${REGISTRY}sensorsim/${part}:latest",
  ]
  args = {
    NODE_IMAGE = NODE_IMAGE
    VERSION    = VERSION
    REVISION   = REVISION
  }
}
