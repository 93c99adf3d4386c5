/** Which Python runs the models: the setting, else what the Python extension has chosen, else the one on the PATH. */
import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";

const PYTHON_EXTENSION = "ms-python.python";

/** The path of the interpreter; without one chosen anywhere, the name that the PATH resolves. */
export async function interpreter(resource: vscode.Uri | undefined): Promise<string> {
  const set = vscode.workspace.getConfiguration("graphperf", resource).get<string>("interpreter", "");
  return set || (await chosen(resource)) || (process.platform === "win32" ? "python" : "python3");
}

/** Calls back when another interpreter is chosen in the Python extension. */
export async function onDidChangeInterpreter(callback: () => void): Promise<vscode.Disposable> {
  const api = await python();
  return api ? api.environments.onDidChangeActiveEnvironmentPath(callback) : new vscode.Disposable(() => undefined);
}

async function chosen(resource: vscode.Uri | undefined): Promise<string | undefined> {
  const api = await python();
  if (!api) return undefined;
  const environment = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath(resource));
  return environment?.executable.uri?.fsPath;
}

async function python(): Promise<PythonExtension | undefined> {
  if (!vscode.extensions.getExtension(PYTHON_EXTENSION)) return undefined;
  try {
    return await PythonExtension.api();
  } catch {
    return undefined; // it failed to start, which it says itself
  }
}
