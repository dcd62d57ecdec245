#!/usr/bin/env bash
# Checks the libraries with the oldest Rust that the manifest promises: from rustup, or else from Debian's packages, or else not at all.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
check=(check --locked -p typed-saga -p typed-saga-core -p typed-saga-macros -p typed-saga-engine -p typed-saga-conformance
    -p typed-saga-classify --features typed-saga/engine,typed-saga/tracing
    --features typed-saga-classify/hyper,typed-saga-classify/reqwest,typed-saga-classify/tonic)

# Unpacks Debian's rustc into the folder $1, without installing it.
unpack() (
    cd "$1"
    release=$(apt-cache madison rustc-web | awk -v prefix="$version." 'index($3, prefix) == 1 && !found++ { print $3 }')
    [ -n "$release" ] || return 1
    apt-get download "rustc-web=$release" "libstd-rust-web-dev=$release" "libstd-rust-web-$version=$release" || return 1
    llvm=$(dpkg-deb -f libstd-rust-web-"$version"_*.deb Depends | grep -o 'libllvm[0-9]*') || return 1
    apt-get download "$llvm" || return 1
    for package in *.deb; do
        dpkg -x "$package" root || return 1
    done
    # Only rustc itself may see these libraries.
    libraries=$(find "$PWD/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s/root/usr/bin/rustc "$@"\n' "$libraries" "$PWD" >rustc
    chmod +x rustc
)

if command -v rustup >/dev/null && rustup toolchain install "$version" --profile minimal; then
    cargo "+$version" "${check[@]}"
    exit
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if command -v apt-get >/dev/null && unpack "$folder"; then
    "$folder/rustc" --version
    RUSTC=$folder/rustc cargo "${check[@]}"
else
    echo "left out: neither rustup nor Debian's packages give Rust $version here"
fi
