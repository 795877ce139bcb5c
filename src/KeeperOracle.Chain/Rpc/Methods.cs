namespace KeeperOracle.Chain.Rpc;

/// <summary>Which methods only read. A method that is not listed might change something, so it is never sent twice.</summary>
public static class Methods
{
    private static readonly HashSet<string> Reads = new(StringComparer.Ordinal)
    {
        "eth_blockNumber", "eth_call", "eth_chainId", "eth_createAccessList", "eth_estimateGas", "eth_feeHistory", "eth_gasPrice", "eth_getBalance",
        "eth_getBlockByHash", "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getCode", "eth_getLogs", "eth_getProof", "eth_getStorageAt",
        "eth_getTransactionByHash", "eth_getTransactionCount", "eth_getTransactionReceipt", "eth_maxPriorityFeePerGas", "eth_simulateV1",
        "eth_syncing", "net_version", "web3_clientVersion",
    };

    public static bool IsRead(string method) => Reads.Contains(method);
}
