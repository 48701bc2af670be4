// Makes calls with the AWS SDK for JavaScript: reads one JSON object a line, answers with one.
//
// {"do": "send" | "paginate" | "wait", "api", "name", "input", "endpoint", "account", "region"}; "name" is an operation, or a
// waiter's state. Dates stand as {"$date": milliseconds} in both directions.

import { createInterface } from "node:readline";
import * as comprehend from "@aws-sdk/client-comprehend";
import * as devicefarm from "@aws-sdk/client-device-farm";
import * as rekognition from "@aws-sdk/client-rekognition";
import * as translate from "@aws-sdk/client-translate";

const PACKAGES = { comprehend, devicefarm, rekognition, translate };
const CLIENTS = { comprehend: "Comprehend", devicefarm: "DeviceFarm", rekognition: "Rekognition", translate: "Translate" };
const clients = new Map();

function client({ api, endpoint, account, region }) {
  const key = [api, endpoint, account, region].join();
  if (!clients.has(key)) {
    const credentials = { accessKeyId: account, secretAccessKey: "secret" };
    const made = new PACKAGES[api][`${CLIENTS[api]}Client`]({ endpoint, region, credentials, maxAttempts: 1 });
    clients.set(key, made);
  }
  return clients.get(key);
}

function revived(_, value) {
  return value && typeof value === "object" && "$date" in value ? new Date(value.$date) : value;
}

function written(value) {
  if (value instanceof Date) return { $date: value.getTime() };
  if (Array.isArray(value)) return value.map(written);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, written(item)]));
  }
  return value;
}

async function send(asked) {
  const { $metadata, ...reply } = await client(asked).send(new PACKAGES[asked.api][`${asked.name}Command`](asked.input));
  return { reply, status: $metadata.httpStatusCode, requestId: $metadata.requestId };
}

async function paginate(asked) {
  const pages = [];
  const options = { client: client(asked), pageSize: asked.pageSize };
  for await (const { $metadata, ...page } of PACKAGES[asked.api][`paginate${asked.name}`](options, asked.input)) {
    pages.push(page);
  }
  return { reply: { pages }, status: 200 };
}

async function wait(asked) {
  const options = { client: client(asked), maxWaitTime: asked.seconds, minDelay: 0.05, maxDelay: 0.1 };
  const { state } = await PACKAGES[asked.api][`waitUntil${asked.name}`](options, asked.input);
  return { reply: { state }, status: 200 };
}

const ACTIONS = { send, paginate, wait };

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line, revived);
  let told;
  try {
    told = await ACTIONS[asked.do](asked);
  } catch (error) {
    const declared = PACKAGES[asked.api][error.name];
    told = {
      error: error.name,
      message: error.message,
      status: error.$metadata?.httpStatusCode,
      requestId: error.$metadata?.requestId,
      isDeclared: declared !== undefined && error instanceof declared,
    };
  }
  process.stdout.write(`${JSON.stringify(written(told))}\n`);
}
