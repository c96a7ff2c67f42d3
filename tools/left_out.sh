#!/usr/bin/env bash
# Say plainly what a test run leaves out on this machine; with CI=true nothing may be left out.
set -euo pipefail

if [[ -n ${HOTLINE_THIRD_PARTY_VECTORS:-} ]]; then
    [[ -d $HOTLINE_THIRD_PARTY_VECTORS ]] && exit 0
    echo "HOTLINE_THIRD_PARTY_VECTORS names no folder: $HOTLINE_THIRD_PARTY_VECTORS" >&2
    exit 1
fi
cat >&2 <<'TEXT'
Left out: the signature vectors of third parties. To run them, let HOTLINE_THIRD_PARTY_VECTORS name a folder that holds
    wycheproof/ed25519_test.json, wycheproof/mldsa_65_verify_test.json   (C2SP/wycheproof, testvectors_v1)
    ed25519-speccheck/cases.json                                         (novifinancial/ed25519-speccheck)
TEXT
[[ ${CI:-} != true ]]
