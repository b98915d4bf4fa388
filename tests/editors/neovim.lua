-- Used as a user would use it: nvim FILE, with the configuration of docs/editors/neovim in place of ~/.config/nvim.
local function check(ok, text)
  io.stdout:write((ok and "ok - " or "FAIL - ") .. text .. "\n")
  if not ok then
    io.stdout:write(vim.fn.execute("messages") .. "\n")
    vim.cmd("cquit 1")
  end
end

local function eventually(text, condition)
  check(vim.wait(60000, condition, 20), text)
end

local function found(buffer, code)
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    if each.code == code then
      return each
    end
  end
end

-- The names of models: completed in a string, and renamed.
local function names()
  vim.cmd("edit app/models.py")
  local buffer = vim.api.nvim_get_current_buf()
  local row = vim.fn.search([[ForeignKey("drivers\.id]], "we")
  check(row > 0, "a foreign key is found in line " .. row)
  eventually("the server knows the file", function()
    return #vim.lsp.get_clients({ bufnr = buffer, name = "cucurbit" }) == 1
  end)
  local client = vim.lsp.get_clients({ bufnr = buffer, name = "cucurbit" })[1]
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local answer = client:request_sync("textDocument/completion", params, 60000, buffer)
  local labels = vim.tbl_map(function(each)
    return each.label
  end, answer.result.items)
  check(vim.tbl_contains(labels, "energy_events.id"), "keys are offered: " .. table.concat(labels, ", "))
  vim.api.nvim_buf_set_lines(buffer, -1, -1, true, { "driver = Driver(" })
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(buffer), 0 })
  vim.cmd("normal! $")
  local after = vim.lsp.util.make_position_params(0, client.offset_encoding)
  after.position.character = after.position.character + 1
  local help = client:request_sync("textDocument/signatureHelp", after, 60000, buffer).result
  check(help and help.signatures[1].label:find("Driver(*, email: String(320)", 1, true), "a constructor has a signature")
  vim.cmd("undo")
  vim.fn.search([[ForeignKey("drivers\.id]], "wce")
  vim.lsp.buf.rename("driver_key")
  eventually("the column is renamed where it is defined and where it is named", function()
    local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), "\n")
    return text:find('ForeignKey("drivers.driver_key")', 1, true)
      and text:find('mapped_column("driver_key", primary_key=True)', 1, true)
  end)
  vim.cmd("wall")
end

local function main()
  local buffer = vim.api.nvim_get_current_buf()
  eventually("the server is attached", function()
    return #vim.lsp.get_clients({ bufnr = buffer, name = "cucurbit" }) == 1
  end)
  local client = vim.lsp.get_clients({ bufnr = buffer, name = "cucurbit" })[1]
  check(client.config.root_dir == vim.env.PROJECT, "the root is " .. client.config.root_dir)
  eventually("the finding is shown", function()
    return found(buffer, "model-not-in-migrations")
  end)
  local diagnostic = found(buffer, "model-not-in-migrations")
  check(diagnostic.lnum == 8 and diagnostic.source == "cucurbit", "line 9, by cucurbit")
  check(diagnostic.message:find("Autogenerate misses 2 tables ('wallet_entries' and 'merchant_offers')", 1, true), "message")
  local shown = {}
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    local key = each.lnum .. each.code .. each.message
    check(not shown[key], "each finding is shown once")
    shown[key] = true
  end

  vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, 0 })
  vim.cmd("CucurbitChain")
  local chain = vim.fn.getloclist(0)
  check(#chain == 8, #chain .. " steps of the chain are listed")
  local env = vim.fn.bufname(chain[2].bufnr)
  check(env:find("alembic/env.py", 1, true) and chain[2].lnum == 6, "the second is line 6 of " .. env)
  vim.cmd("lclose")

  vim.cmd("CucurbitTimeline app.main_simple:app")
  eventually("the timeline is shown", function()
    return vim.bo.filetype == "cucurbit-timeline"
  end)
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n")
  check(text:find("energy_events", 1, true), "with its tables")
  vim.cmd("close")

  local page
  vim.ui.open = function(uri)
    page = uri
    return {
      wait = function()
        return { code = 0 }
      end,
    }
  end
  vim.cmd("CucurbitTimeline! app.main_simple:app")
  eventually("the timeline page is opened", function()
    return page
  end)
  check(vim.fn.getfsize(vim.uri_to_fname(page)) > 1000, "it is written")

  local offered
  vim.ui.select = function(items, options, choose)
    offered = vim.tbl_map(options.format_item, items)
    for i, item in ipairs(items) do
      if offered[i]:find("^Create app/models_all.py") then
        return choose(item, i)
      end
    end
    check(false, "offered: " .. table.concat(offered, "; "))
  end
  vim.lsp.buf.code_action()
  eventually("the aggregator is created", function()
    return vim.fn.bufexists("app/models_all.py") == 1 or vim.fn.filereadable("app/models_all.py") == 1
  end)
  eventually("the finding is gone", function()
    return not found(buffer, "model-not-in-migrations")
  end)
  vim.cmd("wall")
  vim.cmd("split app/models_all.py")
  check(vim.api.nvim_buf_get_lines(0, 0, -1, true)[1] ~= "", "the new file opens with its text")

  names()
end

local done, failure = xpcall(main, debug.traceback)
check(done, failure or "done")
for _, client in ipairs(vim.lsp.get_clients()) do
  client:stop()
end
check(vim.wait(10000, function()
  return #vim.lsp.get_clients() == 0
end, 20), "the server ends")
vim.cmd("qall")
