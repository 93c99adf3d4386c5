/** Quick picks for what is asked: hardware, precision, execution mode, batch. */
import * as vscode from "vscode";
import type { Client } from "./client";
import { command, type Device, type Question } from "./protocol";

interface Item extends vscode.QuickPickItem {
  value: string;
}

const PRECISIONS: Record<string, string> = {
  fp32: "single precision, TF32 off",
  "tf32-conv": "PyTorch's default: TF32 in convolutions",
  tf32: "TF32 in convolutions and products",
  amp: "autocast to FP16",
  "amp-bf16": "autocast to BF16",
};
const MODES: Record<string, string> = {
  eager: "one kernel an operator",
  compiled: "torch.compile",
  ideal: "the bound: whatever can be fused is",
  tensorrt: "TensorRT",
  xla: "XLA on TPUs",
  kpu: "compilers of accelerators",
};
const KINDS: Record<string, string> = { gpu: "GPUs", cpu: "CPUs", tpu: "TPUs", kpu: "KPUs", npu: "NPUs" };

/** One of the four to change, with what it is now: at a model, what that model was asked. */
export async function changeQuestion(client: Client, asked?: Question): Promise<void> {
  const set = settings();
  const now = asked ?? {
    hardware: set.get<string[]>("hardware", []), precision: set.get("precision", ""), batch: set.get<number>("batch"), mode: set.get("mode", ""),
  };
  const parts: (Item & { choose: () => Promise<void> })[] = [
    { label: "Hardware", description: now.hardware.join(", "), value: "hardware", choose: () => chooseHardware(client) },
    { label: "Precision", description: now.precision, value: "precision", choose: () => choosePrecision(client) },
    { label: "Batch size", description: now.batch ? String(now.batch) : "of the inputs", value: "batch", choose: chooseBatch },
    { label: "Execution mode", description: now.mode, value: "mode", choose: () => chooseMode(client) },
  ];
  await (await vscode.window.showQuickPick(parts, { title: "What to change" }))?.choose();
}

/** Devices to estimate for: the first is shown in the text, the others in hovers and reports. */
export async function chooseHardware(client: Client): Promise<void> {
  const devices = await client.ask<Device[]>(command.devices);
  if (!devices?.length) {
    void vscode.window.showInformationMessage("graphperf is not ready yet.");
    return;
  }
  const chosen = settings().get<string[]>("hardware", []);
  const picked = await pickSeveral(hardwareItems(devices, chosen), "Devices to estimate for; the first is shown in the text");
  if (picked?.length) {
    const kept = chosen.filter((id) => picked.includes(id));
    await store("hardware", [...kept, ...picked.filter((id) => !kept.includes(id))]);
  }
}

/** A precision that the first device computes in. */
export async function choosePrecision(client: Client): Promise<void> {
  const known = (await first(client))?.precisions ?? Object.keys(PRECISIONS);
  await chooseOne("precision", known, PRECISIONS, "Precision of weights and activations");
}

/** An execution mode of the first device. */
export async function chooseMode(client: Client): Promise<void> {
  await chooseOne("mode", (await first(client))?.modes ?? Object.keys(MODES), MODES, "Whose rules cut the model into kernels");
}

/** The batch size of guessed inputs. */
export async function chooseBatch(): Promise<void> {
  const now = settings().get<number | null>("batch", null);
  const given = await vscode.window.showInputBox({
    title: "Batch size of guessed inputs",
    prompt: "A whole number; nothing for the batch of the inputs",
    value: now ? String(now) : "",
    validateInput: (text) => (text === "" || /^[1-9]\d*$/.test(text) ? undefined : "A whole number of at least 1"),
  });
  if (given !== undefined) await store("batch", given === "" ? null : Number(given));
}

function hardwareItems(devices: Device[], chosen: string[]): Item[] {
  const items: Item[] = [];
  for (const [kind, title] of Object.entries(KINDS)) {
    const some = devices.filter((device) => device.kind === kind);
    if (some.length) items.push({ label: title, kind: vscode.QuickPickItemKind.Separator, value: "" });
    items.push(...some.map((device) => ({ label: device.name, description: device.id, value: device.id, picked: chosen.includes(device.id) })));
  }
  return items;
}

async function pickSeveral(items: Item[], title: string): Promise<string[] | undefined> {
  const picked = await vscode.window.showQuickPick(items, { canPickMany: true, matchOnDescription: true, title });
  return picked?.map((item) => item.value);
}

async function chooseOne(name: string, values: string[], words: Record<string, string>, title: string): Promise<void> {
  const now = settings().get<string>(name);
  const items = values.map((value) => ({ label: value, description: [words[value], value === now ? "chosen" : ""].filter(Boolean).join(" · "), value }));
  const picked = await vscode.window.showQuickPick<Item>(items, { title });
  if (picked) await store(name, picked.value);
}

async function first(client: Client): Promise<Device | undefined> {
  const devices = await client.ask<Device[]>(command.devices);
  const id = settings().get<string[]>("hardware", [])[0];
  return devices?.find((device) => device.id === id);
}

function settings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("graphperf", vscode.window.activeTextEditor?.document.uri);
}

async function store(name: string, value: unknown): Promise<void> {
  const inWorkspace = vscode.workspace.workspaceFolders !== undefined;
  await settings().update(name, value, inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global);
}
