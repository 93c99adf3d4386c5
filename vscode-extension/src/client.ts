/** The language client: one server for the window, started again when what it was started with changes. */
import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, State } from "vscode-languageclient/node";
import { interpreter } from "./interpreter";
import * as protocol from "./protocol";
import { serverCommand } from "./server";

const SELECTOR = [
  { scheme: "file", language: "python" },
  { notebook: "jupyter-notebook", scheme: "file", language: "python" },
  { notebook: "jupyter-notebook", scheme: "vscode-notebook-cell", language: "python" },
];

export class Client implements vscode.Disposable {
  private readonly onHeatEmitter = new vscode.EventEmitter<protocol.Heat>();
  private readonly onStatusEmitter = new vscode.EventEmitter<protocol.Status>();
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();

  readonly onHeat = this.onHeatEmitter.event;
  readonly onStatus = this.onStatusEmitter.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Starts the server, or starts it again; calls are served one after the other. */
  restart(): Promise<void> {
    this.queue = this.queue.then(() => this.stopThenStart());
    return this.queue;
  }

  /** Asks the server for something; undefined while it is not running or where it has no answer. */
  async ask<T>(command: string, ...given: unknown[]): Promise<T | undefined> {
    if (this.client?.state !== State.Running) return undefined;
    try {
      return await this.client.sendRequest<T>("workspace/executeCommand", { command, arguments: given });
    } catch (error) {
      this.log.error(`${command}: ${String(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    this.onHeatEmitter.dispose();
    this.onStatusEmitter.dispose();
    void this.stop();
  }

  /** Ends the server. */
  async stop(): Promise<void> {
    const running = this.client;
    this.client = undefined;
    if (running?.needsStop()) await running.stop(3000).catch((error: unknown) => this.log.warn(String(error)));
  }

  private async stopThenStart(): Promise<void> {
    await this.stop();
    this.say("starting", "starting");
    try {
      await this.start();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.log.error(message);
      this.say("degraded", message);
      void this.offer(message);
    }
  }

  private async start(): Promise<void> {
    const resource = vscode.workspace.workspaceFolders?.[0]?.uri;
    const python = await interpreter(resource);
    const own = vscode.workspace.getConfiguration("graphperf", resource).get<string>("serverPython", "");
    const command = await serverCommand(this.context, own || python, this.log);
    this.log.info(`server: ${command.command} ${(command.args ?? []).join(" ")}; models run in ${python}`);
    const client = new LanguageClient("graphperf", "graphperf", command, {
      documentSelector: SELECTOR,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: {
        heat: true,
        status: true,
        clientCommands: true,
        trusted: vscode.workspace.isTrusted,
        interpreter: python,
      },
      markdown: { isTrusted: { enabledCommands: ["graphperf.openReport"] } },
      middleware: {
        workspace: {
          configuration: async (params, token, next) => {
            const answer = await next(params, token);
            const sections = Array.isArray(answer) ? (answer as unknown[]) : [];
            return params.items.map((item, index) => {
              const scope = item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined;
              return item.section === "graphperf" ? chosen(this.context, scope, python) : sections[index];
            });
          },
        },
      },
    });
    client.onNotification(protocol.heat, (heat) => this.onHeatEmitter.fire(heat));
    client.onNotification(protocol.status, (status) => this.onStatusEmitter.fire(status));
    this.client = client;
    await client.start();
  }

  private say(state: protocol.State, message: string): void {
    this.onStatusEmitter.fire({ state, message, uri: null });
  }

  private async offer(message: string): Promise<void> {
    const open = "Open Settings";
    if ((await vscode.window.showErrorMessage(message, open)) === open) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "graphperf interpreter");
    }
  }
}

/**
 * The `graphperf` section for the server: what somebody has set, and the interpreter. Defaults are left out: what a project's
 * `pyproject.toml` says goes before them.
 */
function chosen(context: vscode.ExtensionContext, resource: vscode.Uri | undefined, python: string): Record<string, unknown> {
  const settings = vscode.workspace.getConfiguration("graphperf", resource);
  const found: Record<string, unknown> = { interpreter: python };
  for (const name of names(context)) {
    const known = settings.inspect(name);
    const set = [known?.globalValue, known?.workspaceValue, known?.workspaceFolderValue].some((value) => value !== undefined);
    if (set && name !== "interpreter") put(found, name.split("."), settings.get(name));
  }
  return found;
}

/** The settings that the extension declares, without their section. */
function names(context: vscode.ExtensionContext): string[] {
  const manifest = context.extension.packageJSON as { contributes: { configuration: { properties: object } } };
  return Object.keys(manifest.contributes.configuration.properties).map((name) => name.replace(/^graphperf\./, ""));
}

/** `{}` and `inlayHints.enabled` make `{ inlayHints: { enabled: … } }`. */
function put(into: Record<string, unknown>, path: string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) into[first] = value;
  else put((into[first] ??= {}) as Record<string, unknown>, rest, value);
}
