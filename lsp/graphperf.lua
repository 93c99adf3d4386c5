-- Configuration for Neovim 0.11 and newer: put the repository on 'runtimepath', then vim.lsp.enable("graphperf").
-- docs/editors.md has set-ups for older Neovim and for other editors.
return {
  cmd = { "graphperf-server" },
  filetypes = { "python" },
  root_markers = { "pyproject.toml", "setup.py", "setup.cfg", ".git" },
  settings = { graphperf = {} },
}
