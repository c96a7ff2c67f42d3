#!/bin/sh
# People at a post that runs `client.mjs serve`, as the conformance suite asks for them: operator.sh NODE_FOLDER ACT ...
# NODE_FOLDER is the folder `node` of a kit.
set -eu
here=$(dirname "$0") kit=$1 act=$2
shift 2
at() { node "$here/client.mjs" --config "$kit/node.yaml" at "$@"; }
officer() { echo "$kit/officer-$1.json"; }

case $act in
present) at present "$1" ;;
read) at ack "$1" read --key "$(officer 1)" ;;
accept) at ack "$1" accept --key "$(officer 3)" ;;
announce)
    body=$(mktemp)
    trap 'rm -f "$body"' EXIT
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    cat >"$body" <<END
{
    "designation": "Divers down",
    "kind": "ACTIVITY_KIND_DIVING",
    "area": {"circle": {"centre": {"latitude_deg": 31.2, "longitude_deg": 128.3}, "radius_m": 5556}},
    "schedule": {"overall": {"from": "$now", "until": "$(date -u -d "+2 days" +%Y-%m-%dT%H:%M:%SZ)"}},
    "contact_post": "TARGET:watch"
}
END
    at say ActivityNotice "$body" --to NORTH:watch --precedence "$1" --stage "$2" --key "$(officer 2)"
    ;;
*)
    echo "no such act: $act" >&2
    exit 2
    ;;
esac
