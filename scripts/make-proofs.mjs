#!/usr/bin/env node
// Makes tests/vectors/storage-proofs.json: the real CollateralVault and MarginHub on two local chains, a lien locked on the one, proved to and counted by
// the other, a release ordered there, and what `eth_getProof` then says of the slots that each chain reads of the other. Clocks, keys and
// gas are fixed, so every run gives the same bytes, until one of these contracts changes: then run it and say so in the commit.
// Needs a build (`forge build`). `--check` fails where the committed file differs.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatHex, encodeAbiParameters, encodeDeployData, encodeFunctionData, decodeFunctionResult, getContractAddress, keccak256, numberToHex, parseAbiParameters, toRlp } from "viem/utils";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const path = join(root, "tests", "vectors", "storage-proofs.json");
const START = 1_800_000_000;
const [CHAIN_A, CHAIN_B] = [31337, 31338];
const [LAG, FINALITY] = [1200, 900];
const owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"; // the first account of every local node
const account = concatHex([owner, numberToHex(1, { size: 12 })]);
const WAD = 10n ** 18n;

const artifact = (name, file = name) => JSON.parse(readFileSync(join(root, "artifacts", "contracts", `${file}.sol`, `${name}.json`), "utf8"));

class Chain {
  nonce = 0;
  static async start(chainId) {
    const chain = new Chain();
    const port = await freePort();
    chain.url = `http://127.0.0.1:${port}`;
    chain.node = spawn(process.env.ANVIL, ["--port", port, "--chain-id", chainId, "--timestamp", START, "--hardfork", "cancun", "--quiet"].map(String), { stdio: "ignore" });
    for (let tries = 0; ; tries++) {
      try { await chain.ask("eth_chainId"); break; } catch (error) { if (tries === 200) throw error; await new Promise((r) => setTimeout(r, 50)); }
    }
    await chain.ask("anvil_setBlockTimestampInterval", 12);
    return chain;
  }
  async ask(method, ...params) {
    const response = await fetch(this.url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message} ${JSON.stringify(error.data ?? "")}`);
    return result;
  }
  next(ahead = 0) { return getContractAddress({ from: owner, nonce: BigInt(this.nonce + ahead) }); }
  async send(to, data) {
    const hash = await this.ask("eth_sendTransaction", { from: owner, to, data, gas: "0x989680", gasPrice: "0x77359400", nonce: numberToHex(this.nonce++) });
    let receipt = null;
    for (let tries = 0; receipt === null; tries++) {
      if (tries === 500) throw new Error("a transaction was not mined");
      receipt = await this.ask("eth_getTransactionReceipt", hash);
      if (receipt === null) await new Promise((r) => setTimeout(r, 10));
    }
    if (receipt.status !== "0x1") {
      await this.ask("eth_call", { from: owner, to, data, gas: "0x989680" }, "latest"); // throws with the reason
      throw new Error(`a transaction to ${to ?? "a new contract"} failed`);
    }
    return receipt;
  }
  async deploy(name, args = [], { file = name, links = {} } = {}) {
    const { abi, bytecode } = artifact(name, file);
    let code = bytecode.object;
    for (const libraries of Object.values(bytecode.linkReferences ?? {})) {
      for (const [library, places] of Object.entries(libraries)) {
        for (const { start } of places) code = code.slice(0, 2 + 2 * start) + links[library].slice(2).toLowerCase() + code.slice(2 + 2 * (start + 20));
      }
    }
    const { contractAddress } = await this.send(undefined, encodeDeployData({ abi, bytecode: code, args }));
    const at = contractAddress;
    return {
      address: at,
      send: (functionName, ...given) => this.send(at, encodeFunctionData({ abi, functionName, args: given })),
      call: async (functionName, ...given) => decodeFunctionResult({ abi, functionName, data: await this.ask("eth_call", { to: at, data: encodeFunctionData({ abi, functionName, args: given }) }, "latest") }),
    };
  }
  async pass(seconds) {
    const latest = await this.ask("eth_getBlockByNumber", "latest", false);
    await this.ask("evm_setNextBlockTimestamp", Number(latest.timestamp) + seconds);
    await this.ask("evm_mine");
  }
  // The newest block with its RLP header, and what a contract held in some slots after it.
  async prove(address, slots) {
    const block = await this.ask("eth_getBlockByNumber", "latest", false);
    const proof = await this.ask("eth_getProof", address, slots, block.number);
    const header = rlpHeader(block);
    if (keccak256(header) !== block.hash) throw new Error(`the header of block ${block.number} does not hash to ${block.hash}`);
    return {
      number: Number(block.number), timestamp: Number(block.timestamp), stateRoot: block.stateRoot, header, address: address.toLowerCase(),
      accountProof: proof.accountProof, slots, values: proof.storageProof.map((p) => numberToHex(BigInt(p.value), { size: 32 })), proofs: proof.storageProof.map((p) => p.proof),
    };
  }
}

const quantity = (value) => (BigInt(value) === 0n ? "0x" : numberToHex(BigInt(value)));
function rlpHeader(b) {
  const fields = [b.parentHash, b.sha3Uncles, b.miner, b.stateRoot, b.transactionsRoot, b.receiptsRoot, b.logsBloom, quantity(b.difficulty), quantity(b.number), quantity(b.gasLimit), quantity(b.gasUsed),
    quantity(b.timestamp), b.extraData, b.mixHash, b.nonce, quantity(b.baseFeePerGas), b.withdrawalsRoot, quantity(b.blobGasUsed), quantity(b.excessBlobGas), b.parentBeaconBlockRoot];
  return toRlp(fields);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => resolve(port)); });
  });
}

const slotOf = (key, position) => keccak256(encodeAbiParameters(parseAbiParameters("bytes32, bytes32"), [key, position]));
const word = (value) => numberToHex(value, { size: 32 });

async function make(a, b) {
  // Both addresses are known before anything is there: the hub is the ninth contract of its chain.
  const hubAddress = b.next(8);
  const managerA = await a.deploy("AccessManager", [owner]);
  const proofLibraryA = await a.deploy("StorageProof");
  const vault = await a.deploy("CollateralVault", [managerA.address], { links: { StorageProof: proofLibraryA.address } });
  const token = await a.deploy("MockToken", ["Wrapped Ether", "WETH", 18]);
  await vault.send("setToken", token.address, 18, 1000n * WAD, 1000n * WAD);
  await vault.send("setHub", BigInt(CHAIN_B), hubAddress, managerA.address);
  await token.send("mint", owner, 12n * WAD);
  await token.send("approve", vault.address, 12n * WAD);
  await vault.send("lock", token.address, 10n * WAD, BigInt(CHAIN_B), hubAddress, account);
  await vault.send("lock", token.address, 2n * WAD, BigInt(CHAIN_B), hubAddress, account);
  const termsSlot = slotOf(word(1), word(1));
  const lien = await a.prove(vault.address, [termsSlot, word(BigInt(termsSlot) + 1n)]);

  const managerB = await b.deploy("AccessManager", [owner]);
  const proofLibrary = await b.deploy("StorageProof");
  const accounting = await b.deploy("LienAccounting", [], { links: { StorageProof: proofLibrary.address } });
  const swaps = await b.deploy("LienSwaps");
  const mocks = { file: "CrossChainMocks" };
  const headers = await b.deploy("TellingHeaders", [], mocks);
  const prices = await b.deploy("SetPrices", [], mocks);
  const factors = await b.deploy("SetFactors", [], mocks);
  const book = await b.deploy("DebtBook", [], mocks);
  const hub = await b.deploy("MarginHub", [managerB.address, prices.address, factors.address, book.address, BigInt(FINALITY)],
    { links: { StorageProof: proofLibrary.address, LienAccounting: accounting.address, LienSwaps: swaps.address } });
  if (hub.address.toLowerCase() !== hubAddress.toLowerCase()) throw new Error("the hub is not where the lien says");

  const asset = token.address;
  await prices.send("set", asset, 3000n * WAD);
  await factors.send("set", asset, { liquidationThreshold: WAD / 2n, borrowFactor: WAD / 4n, bonus: 0n, maintenanceVolatility: WAD, initialVolatility: WAD });
  await book.send("connect", hub.address);
  await hub.send("setHeaderSource", BigInt(CHAIN_A), headers.address);
  await hub.send("setSourceChain", BigInt(CHAIN_A), LAG, 3600, 10n ** 30n);
  await hub.send("listRemote", BigInt(CHAIN_A), vault.address, token.address, asset, 18, 1000n * WAD, 1000n * WAD, 100_000n * WAD);
  const locator = encodeAbiParameters(parseAbiParameters("uint64"), [BigInt(lien.number)]);
  await headers.send("tell", BigInt(CHAIN_A), locator, { number: BigInt(lien.number), timestamp: BigInt(lien.timestamp), knownSince: BigInt(START), stateRoot: lien.stateRoot, chainGiven: false });
  await b.pass(LAG);
  const id = { chainId: BigInt(CHAIN_A), collateralVault: vault.address, number: 1n };
  const terms = await vault.call("termsOf", 1n);
  await hub.send("countLien", id, terms, lien.proofs[0], { locator, accountProof: lien.accountProof, stateProof: lien.proofs[1], outStateProof: [] });
  const [lienKey] = await hub.call("liensOf", account);
  await hub.send("requestRelease", lienKey, 3n * WAD, owner, "0x");
  await b.pass(FINALITY);
  await hub.send("issueOrder", lienKey, 1n);
  const order = await b.prove(hub.address, [slotOf(word(1), slotOf(lienKey, word(1)))]);

  return {
    formula: "eth_getProof of CollateralVault (terms and state of lien 1) and of MarginHub (order 1 of that lien), under the state root of the header, which is RLP",
    units: "bytes in hex; numbers in decimal", chainIdA: CHAIN_A, chainIdB: CHAIN_B, owner: owner.toLowerCase(), token: token.address.toLowerCase(), account: account.toLowerCase(),
    amount: String(10n * WAD), units_released: String(3n * WAD), deadline: Number((await hub.call("orderOf", lienKey, 1n)).deadline), lien, order,
  };
}

const chains = [];
try {
  if (!process.env.ANVIL) throw new Error("ANVIL is not set: source scripts/foundry first");
  chains.push(await Chain.start(CHAIN_A));
  chains.push(await Chain.start(CHAIN_B));
  const text = JSON.stringify(await make(...chains), null, 1) + "\n";
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error("tests/vectors/storage-proofs.json differs from what scripts/make-proofs.mjs makes: run it and say in the commit why.");
    process.exitCode = 1;
  }
} finally {
  for (const chain of chains) chain.node.kill();
}
