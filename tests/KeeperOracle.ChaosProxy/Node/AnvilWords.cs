namespace KeeperOracle.ChaosProxy.Node;

/// <summary>Refusals as anvil 1.7.1 words them.</summary>
internal static class AnvilWords
{
    public static bool IsKnown(RpcError error) => Says(error, "transaction already imported");

    public static bool IsUnderBaseFee(RpcError error) => Says(error, "max fee per gas less than block base fee");

    public static bool IsNonceTooLow(RpcError error) => Says(error, "nonce too low");

    public static bool IsInsufficientFunds(RpcError error) => Says(error, "insufficient funds for gas * price + value");

    public static bool IsUnknownBlock(RpcError error) => error.Code == -32001 || Says(error, "BlockOutOfRangeError");

    private static bool Says(RpcError error, string words) => error.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
