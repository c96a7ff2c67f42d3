#!/usr/bin/env bash
# System components that a task needs: install what is missing where that is allowed (root and apt), else say plainly what is
# missing and how to add it. With CI=true, or `need`, nothing may be missing.
#
#     tools/system.sh need docs      for `make docs`
#     tools/system.sh need postgres faults tokens   for the tests on real servers, of real faults and of tokens
#     tools/system.sh want docs      for the tests: what is missing is left out, and said
set -euo pipefail

must=${1:?need or want}
shift
[[ ${CI:-} == true ]] && must=need

packages() {
    case $1 in
        docs) echo graphviz libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core fonts-noto-cjk poppler-utils ;;
        postgres) echo postgresql ;;
        faults) echo strace iproute2 iptables faketime util-linux ;;
        node) echo nodejs npm ;;
        tokens) echo softhsm2 opensc openssl ;;
        spin) echo spin gcc libc6-dev ;;
        *) echo "unknown component: $1" >&2; exit 2 ;;
    esac
}

here() {
    case $1 in
        docs) command -v dot >/dev/null && command -v pdftotext >/dev/null && ldconfig -p 2>/dev/null | grep libpangoft2-1.0.so >/dev/null && fc-list 2>/dev/null | grep -i 'noto sans cjk' >/dev/null ;;
        postgres) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
        faults) for tool in strace ip iptables faketime unshare; do command -v "$tool" >/dev/null || return 1; done ;;
        tokens) for tool in softhsm2-util pkcs11-tool openssl; do command -v "$tool" >/dev/null || return 1; done ;;
        node) command -v npm >/dev/null && [[ $(node --version 2>/dev/null) =~ ^v([0-9]+) && ${BASH_REMATCH[1]} -ge 20 ]] ;;
        spin) command -v spin >/dev/null && command -v gcc >/dev/null ;;
    esac
}

missing=()
for component in "$@"; do
    here "$component" || missing+=("$component")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

mapfile -t wanted < <(for component in "${missing[@]}"; do packages "$component"; done | tr ' ' '\n')
if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing ${wanted[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" fontconfig >/dev/null
    [[ " ${missing[*]} " != *" node "* ]] || here node || {
        echo "Node.js 20 or newer is needed, and apt has an older one: https://nodejs.org" >&2
        [[ $must != need ]]
    }
    exit 0
fi
echo "Left out, as this machine lacks components: ${missing[*]}. On Debian or Ubuntu: apt install ${wanted[*]} fontconfig" >&2
[[ $must != need ]]
