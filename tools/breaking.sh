#!/usr/bin/env bash
# Compare proto/ with the protocol files of the newest version of the specification in specs/released: nothing may break
# a peer that keeps it (REQ-CONF-3). With --write, freeze the protocol files as those of the version that the package says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
buf=${1:?path of buf}
protos=${PROTOS:-.}

if [[ ${2:-} == --write ]]; then
    version=$(sed -n 's/^SPEC_VERSION = "\(.*\)"$/\1/p' src/hotline/__init__.py)
    mkdir -p "specs/released/$version"
    "$buf" build --exclude-source-info -o "specs/released/$version/proto.binpb.gz"
    echo "specs/released/$version/proto.binpb.gz: say in CHANGELOG.md what breaks, if this number was there before."
    exit
fi
newest=$(ls specs/released | sort -V | tail -n 1)
"$buf" breaking "$protos" --against "specs/released/$newest/proto.binpb.gz"
echo "No breaking change against version $newest."
