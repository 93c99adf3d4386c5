-- Drives Neovim 0.7 and newer without a screen: nvim --headless -u NONE -n -c "luafile neovim.lua"
-- Environment: SERVER, WORKSPACE. Says PASS on standard output, or FAIL with the reason and a status of 1.
local workspace = vim.env.WORKSPACE

local function start(buffer)
  if vim.lsp.config and vim.lsp.enable then -- since 0.11: as lsp/graphperf.lua has it
    vim.opt.runtimepath:prepend(vim.env.REPOSITORY)
    vim.lsp.config("graphperf", { cmd = { vim.env.SERVER } })
    vim.lsp.enable("graphperf")
    vim.api.nvim_exec_autocmds("FileType", { buffer = buffer })
    vim.wait(10000, function() return #vim.lsp.get_clients({ name = "graphperf" }) > 0 end, 20)
    return vim.lsp.get_clients({ name = "graphperf" })[1].id
  end
  local id = vim.lsp.start_client({ name = "graphperf", cmd = { vim.env.SERVER }, root_dir = workspace })
  vim.lsp.buf_attach_client(buffer, id)
  return id
end

local function drive()
  vim.cmd("edit " .. workspace .. "/model.py")
  vim.bo.filetype = "python"
  local buffer = vim.api.nvim_get_current_buf()
  local id = start(buffer)
  local client = vim.lsp.get_client_by_id(id)
  assert(vim.wait(20000, function() return client.initialized end, 20), "not initialized")
  local document = { uri = vim.uri_from_bufnr(buffer) }
  local function request(method, params)
    local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000)
    assert(answers and answers[id] and not answers[id].err, method .. ": " .. vim.inspect(answers))
    return answers[id].result
  end
  local function hints()
    local range = { start = { line = 0, character = 0 }, ["end"] = { line = 20, character = 0 } }
    return request("textDocument/inlayHint", { textDocument = document, range = range }) or {}
  end
  assert(vim.wait(90000, function() return #hints() > 0 end, 200), "no hints")
  local hover = request("textDocument/hover", { textDocument = document, position = { line = 9, character = 12 } })
  assert(hover and vim.inspect(hover.contents):find("conv1"), "no hover: " .. vim.inspect(hover))
  local lenses = request("textDocument/codeLens", { textDocument = document })
  assert(#lenses > 0 and lenses[1].command.title:find("H100"), "no lens: " .. vim.inspect(lenses))
  -- An edit: the hint follows with the new shape.
  vim.api.nvim_buf_set_lines(buffer, 9, 10, false, { "        self.conv1 = nn.Conv2d(3, 32, 7, 2, 3)" })
  vim.api.nvim_buf_set_lines(buffer, 10, 11, false, { "        self.conv2 = nn.Conv2d(32, 128, 3, 2, 1)" })
  assert(vim.wait(30000, function() return vim.inspect(hints()):find("32×112×112") ~= nil end, 100), "no new hints: " .. vim.inspect(hints()))
  vim.lsp.stop_client(id)
end

local ok, problem = xpcall(drive, debug.traceback)
if ok then
  io.stdout:write("PASS\n")
  vim.cmd("qall!")
else
  io.stderr:write("FAIL " .. tostring(problem) .. "\n")
  vim.cmd("cquit 1")
end
