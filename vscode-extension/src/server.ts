/** How the bundled server is started: its pure Python packages are in the extension, numpy and pydantic come from elsewhere. */
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import type { Executable } from "vscode-languageclient/node";

const run = promisify(execFile);
/** What depends on the platform and the Python, and is therefore not in the extension. Without libcst only the fixes are missing. */
const NATIVE = ["numpy>=1.26", "pydantic>=2.7", "libcst>=1.5"];
const PROBE = `
import importlib.util, json, sys
sys.path[:0] = sys.argv[1:]
def usable(name):
    try:
        return bool(__import__(name))
    except Exception:
        return False
def pydantic_2():
    try:
        import pydantic
        return tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 7)
    except Exception:
        return False
print(json.dumps({"version": list(sys.version_info[:2]), "tag": sys.implementation.cache_tag or "python",
                  "native": usable("numpy") and pydantic_2()}))
`;

interface Probed {
  version: [number, number];
  tag: string;
  native: boolean;
}

/** The server cannot start, and what to do about it. */
export class CannotStart extends Error {}

/** The command of the server. Installs what it needs into the extension's own folder the first time. */
export async function serverCommand(
  context: vscode.ExtensionContext,
  python: string,
  log: vscode.LogOutputChannel,
): Promise<Executable> {
  const start = context.asAbsolutePath(path.join("bundled", "start.py"));
  const found = await probe(python, []);
  if (found.version[0] < 3 || (found.version[0] === 3 && found.version[1] < 10)) {
    const version = found.version.join(".");
    throw new CannotStart(`graphperf needs Python 3.10 or newer to run; ${python} is ${version}. Set graphperf.serverPython.`);
  }
  if (found.native) return { command: python, args: [start] };
  const folder = path.join(context.globalStorageUri.fsPath, `native-${found.tag}`);
  if (!(await probe(python, [folder])).native) await install(python, folder, log);
  return { command: python, args: [start, folder] };
}

async function probe(python: string, folders: string[]): Promise<Probed> {
  try {
    const { stdout } = await run(python, ["-c", PROBE, ...folders], { timeout: 60_000 });
    return JSON.parse(stdout) as Probed;
  } catch (error) {
    throw new CannotStart(`${python} does not run: ${reason(error)}. Set graphperf.interpreter or graphperf.serverPython.`);
  }
}

async function install(python: string, folder: string, log: vscode.LogOutputChannel): Promise<void> {
  const title = "graphperf: installing numpy, pydantic and libcst into its own folder";
  const options = ["--disable-pip-version-check", "--only-binary=:all:", "--upgrade", "--target", folder];
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () => {
    log.info(`${title} (${folder})`);
    try {
      await run(python, ["-m", "pip", "install", ...options, ...NATIVE], { timeout: 300_000 });
    } catch (error) {
      const command = `${python} -m pip install ${NATIVE.map((name) => `"${name}"`).join(" ")}`;
      throw new CannotStart(`graphperf could not install numpy, pydantic and libcst: ${reason(error)}. Run: ${command}`);
    }
  });
}

/** The last line of what a process said. */
function reason(error: unknown): string {
  const said = error as { stderr?: string; message?: string };
  const lines = (said.stderr || said.message || String(error)).trim().split("\n");
  return lines[lines.length - 1] ?? "";
}
