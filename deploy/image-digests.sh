#!/bin/sh
# Prints the images that are not ours with their present digests, as lines for `.env` of docker-compose.yml.
# It needs a network and `docker buildx`. With --list it prints the images only, and needs neither.
set -eu
cd "$(dirname "$0")/.."

# Prints "NAME IMAGE VERSION": ${NAME:-VERSION} is the tag of IMAGE in docker-compose.yml.
images() {
  sed -n 's/^ *image: \([^$]*\):${\([A-Z_]*\):-\([^}]*\)}$/\2 \1 \3/p' docker-compose.yml | sort -u
  sed -n 's/^ARG PYTHON_IMAGE=\(.*\):\(.*\)$/PYTHON_IMAGE \1 \2/p' Dockerfile
}

if [ "${1:-}" = --list ]; then
  images
  exit
fi

images | while read -r name image version; do
  digest=$(docker buildx imagetools inspect "$image:$version" --format '{{.Manifest.Digest}}')
  case $name in
    PYTHON_IMAGE) echo "$name=$image:$version@$digest" ;;
    *) echo "$name=$version@$digest" ;;
  esac
done
