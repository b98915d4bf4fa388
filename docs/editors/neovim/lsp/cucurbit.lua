--- Cucurbit, the language server for SQLAlchemy and Alembic projects. Goes to ~/.config/nvim/lsp/cucurbit.lua.
--- In Neovim 0.11 and newer `vim.lsp.enable("cucurbit")` in init.lua switches it on; for older ones see older.lua.

--- Runs a command of the server and gives its result to `done`.
local function execute(client, bufnr, command, target, done)
  local params = { command = command, arguments = { target } }
  local function answered(failure, result)
    if failure then
      vim.notify("Cucurbit: " .. failure.message, vim.log.levels.ERROR)
    elseif done then
      done(result)
    end
  end
  if vim.fn.has("nvim-0.11") == 1 then
    client:request("workspace/executeCommand", params, answered, bufnr)
  else
    client.request("workspace/executeCommand", params, answered, bufnr)
  end
end

--- Says why a command that changes files has changed none.
local function told(result)
  if type(result) == "table" and not result.applied and result.reason ~= "" then
    vim.notify("Cucurbit: " .. result.reason, vim.log.levels.WARN)
  end
end

--- Shows a timeline in a window of its own.
local function show_timeline(text)
  vim.cmd("botright new")
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].swapfile = false
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, vim.split(text, "\n"))
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = "cucurbit-timeline"
end

--- Lists how the findings on the cursor's line come about: each step of the chain, in the location list.
local function show_chain(client, bufnr)
  local items = {}
  for _, found in ipairs(vim.diagnostic.get(bufnr, { lnum = vim.api.nvim_win_get_cursor(0)[1] - 1 })) do
    local sent = found.source == "cucurbit" and vim.tbl_get(found, "user_data", "lsp")
    for _, step in ipairs(sent and sent.relatedInformation or {}) do
      local item = vim.lsp.util.locations_to_items({ step.location }, client.offset_encoding)[1]
      if item then
        item.text = step.message
        table.insert(items, item)
      end
    end
  end
  if #items == 0 then
    vim.notify("Cucurbit: no finding on this line has a chain", vim.log.levels.INFO)
    return
  end
  vim.fn.setloclist(0, {}, " ", { title = "How this is reached", items = items })
  vim.cmd("lopen")
end

return {
  cmd = { "cucurbit", "serve" },
  filetypes = { "python" },
  -- The nearest folder that holds any of these, as on the command line.
  root_markers = { { "pyproject.toml", "cucurbit.toml", "alembic.ini", ".git" } },
  workspace_required = true,
  -- Settings for every project; those of a project stand in its pyproject.toml or cucurbit.toml.
  settings = { cucurbit = vim.empty_dict() },
  commands = {
    -- What a code lens runs (`vim.lsp.codelens.run()`).
    ["cucurbit.showTimeline"] = function(command, context)
      local client = vim.lsp.get_client_by_id(context.client_id)
      execute(client, context.bufnr, command.command, command.arguments[1], show_timeline)
    end,
  },
  on_attach = function(client, bufnr)
    local function add(name, description, run, more)
      local options = vim.tbl_extend("force", { desc = description }, more or {})
      vim.api.nvim_buf_create_user_command(bufnr, name, run, options)
    end
    local function here()
      return { uri = vim.uri_from_bufnr(bufnr) }
    end
    local function of_entry(arguments)
      return { root = client.config.root_dir, entry = arguments.args ~= "" and arguments.args or nil }
    end

    add("CucurbitChain", "How the findings on this line come about", function()
      show_chain(client, bufnr)
    end)
    add("CucurbitTimeline", "The timeline of an entry point, or of all; with ! as a page in the browser", function(arguments)
      if arguments.bang then
        execute(client, bufnr, "cucurbit.timelinePage", of_entry(arguments))
      else
        execute(client, bufnr, "cucurbit.showTimeline", of_entry(arguments), show_timeline)
      end
    end, { nargs = "?", bang = true })
    add("CucurbitCreateAggregator", "Create the aggregator and route env.py through it", function()
      execute(client, bufnr, "cucurbit.createAggregator", here(), told)
    end)
    add("CucurbitRouteImports", "Route the imports of this file through the aggregator", function()
      execute(client, bufnr, "cucurbit.routeImports", here(), told)
    end)
    add("CucurbitRestart", "Read and simulate everything anew", function()
      execute(client, bufnr, "cucurbit.restartAnalysis")
    end)
  end,
}
