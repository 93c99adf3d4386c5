/** Puts the parts together. */
import * as vscode from "vscode";
import { Client } from "./client";
import { HeatMarks } from "./heat";
import { onDidChangeInterpreter } from "./interpreter";
import { changeQuestion, chooseBatch, chooseHardware, chooseMode, choosePrecision } from "./pickers";
import type { Question } from "./protocol";
import { ReportPanel } from "./report";
import { StatusItem } from "./status";
import { ModelTree } from "./tree";

/** Settings that the server is started with. */
const AT_START = ["graphperf.interpreter", "graphperf.serverPython"];

let client: Client | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("graphperf", { log: true });
  const running = (client = new Client(context, log));
  const status = new StatusItem();
  const report = new ReportPanel(running);
  const restart = (): Promise<void> => running.restart();
  const commands: Record<string, (...given: never[]) => unknown> = {
    "graphperf.changeQuestion": (asked?: Question) => changeQuestion(running, asked),
    "graphperf.chooseHardware": () => chooseHardware(running),
    "graphperf.choosePrecision": () => choosePrecision(running),
    "graphperf.chooseMode": () => chooseMode(running),
    "graphperf.chooseBatch": () => chooseBatch(),
    "graphperf.openReport": (uri?: unknown, model?: unknown) => report.open(text(uri), text(model)),
    "graphperf.showHints": showHints,
    "graphperf.toggleHeat": toggleHeat,
    "graphperf.restartServer": restart,
    "graphperf.showLog": () => log.show(),
  };
  context.subscriptions.push(
    log, running, status, report, new HeatMarks(running), new ModelTree(running),
    running.onStatus((state) => status.show(state)),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (AT_START.some((name) => change.affectsConfiguration(name))) void restart();
      if (change.affectsConfiguration("graphperf")) status.showQuestion();
    }),
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
  );
  context.subscriptions.push(await onDidChangeInterpreter(() => void restart()));
  await vscode.commands.executeCommand("setContext", "graphperf.active", true);
  await restart();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** A text that a code lens passes; from the title bar of an editor comes a URI, which is a file's too. */
function text(given: unknown): string | undefined {
  if (given instanceof vscode.Uri) return given.toString();
  return typeof given === "string" ? given : undefined;
}

/** The list of problems, at the line of a model. */
async function showHints(uri: string, line: number): Promise<void> {
  const position = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection: new vscode.Range(position, position) });
  await vscode.commands.executeCommand("workbench.actions.view.problems");
}

async function toggleHeat(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("graphperf");
  await settings.update("heat.enabled", !settings.get<boolean>("heat.enabled", true), vscode.ConfigurationTarget.Global);
}
