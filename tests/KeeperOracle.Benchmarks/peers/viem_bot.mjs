// A liquidation bot in viem as it is usually written, at its best: one multicall for the health of every account at each head, a nonce kept here,
// gas and fees fixed beforehand, so that nothing stands between finding an account and sending. Usage:
//   node viem_bot.mjs watch|poll URL WEBSOCKET_URL VAULT MULTICALL3 ACCOUNTS KEY_NUMBER
// watch: heads by WebSocket, on a connection of its own. poll: heads asked for every 500 ms. Says "ready" once it has looked at every account.
import { readFileSync } from "node:fs";
import { createPublicClient, createWalletClient, defineChain, http, maxUint256, parseGwei, webSocket } from "viem";
import { mnemonicToAccount } from "viem/accounts";

const [how, url, socketUrl, vault, multicall3, limit, keyNumber] = process.argv.slice(2);
const abi = JSON.parse(readFileSync(new URL("../../../abi/MarginVault.json", import.meta.url)));
const chain = defineChain({
  id: 31337,
  name: "local",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
  contracts: { multicall3: { address: multicall3 } },
});
// The words of anvil's own accounts.
const account = mnemonicToAccount(`${"test ".repeat(11)}junk`, { addressIndex: Number(keyNumber) });
const client = createPublicClient({ chain, transport: http(url), pollingInterval: 500 });
const wallet = createWalletClient({ chain, account, transport: http(url) });
const accounts = await client.readContract({ address: vault, abi, functionName: "accounts", args: [0n, BigInt(limit)] });
const contracts = accounts.map((id) => ({ address: vault, abi, functionName: "health", args: [id] }));
const collaterals = await client.readContract({ address: vault, abi, functionName: "collaterals" });
let nonce = await client.getTransactionCount({ address: account.address });

let busy = false;
let again;
const look = async (blockNumber) => {
  if (busy) {
    again = blockNumber;
    return;
  }
  busy = true;
  // 250 calls of 36 bytes together: a health is dear, and a node gives a call the gas of a block.
  const healths = await client.multicall({ contracts, allowFailure: false, batchSize: 9_000, blockNumber });
  for (let i = 0; i < healths.length; i++) {
    if (healths[i] < 10n ** 18n) {
      wallet
        .writeContract({
          address: vault,
          abi,
          functionName: "liquidate",
          args: [accounts[i], { maxRepay: maxUint256, minSeized: collaterals.map(() => 0n), deadline: maxUint256 }, "0x"],
          nonce: nonce++,
          gas: 1_500_000n,
          maxFeePerGas: parseGwei("100"),
          maxPriorityFeePerGas: parseGwei("1"),
        })
        .catch((problem) => console.error(problem.shortMessage ?? problem.message));
    }
  }
  busy = false;
  if (again !== undefined) {
    const next = again;
    again = undefined;
    look(next);
  }
};

await look(await client.getBlockNumber());
const heads = how === "watch" ? createPublicClient({ chain, transport: webSocket(socketUrl) }) : client;
heads.watchBlockNumber({ emitOnBegin: false, onBlockNumber: look, onError: (problem) => console.error(problem.message), ...(how === "poll" ? { poll: true, pollingInterval: 500 } : {}) });
console.log("ready");
