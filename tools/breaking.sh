#!/usr/bin/env bash
# Compare proto/ with the protocol files on main, or, on main itself, with the commit before.
# Where there is nothing to compare with (first commit, shallow clone), it says so and passes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
buf=${1:?path of buf}

has_protos() { [[ -n $(git ls-tree -r --name-only "$1" -- proto/hotline 2>/dev/null) ]]; }
unchanged_since() { git diff --quiet "$1" -- proto && [[ -z $(git ls-files --others -- proto) ]]; }

base=
for candidate in refs/heads/main refs/remotes/origin/main HEAD~1; do
    if has_protos "$candidate" && ! { [[ $candidate != HEAD~1 ]] && unchanged_since "$candidate"; }; then
        base=$candidate
        break
    fi
done
if [[ -z $base ]]; then
    echo "Nothing to compare the protocol files with."
    exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git archive --format=tar --output="$folder/base.tar" "$base" buf.yaml proto
"$buf" breaking --against "$folder/base.tar"
echo "No breaking change against $base."
