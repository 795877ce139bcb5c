using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>Which parameter of a method says at what block it is asked.</summary>
internal static class BlockParameter
{
    private static readonly Dictionary<string, int> Positions = new(StringComparer.Ordinal)
    {
        ["eth_call"] = 1,
        ["eth_createAccessList"] = 1,
        ["eth_estimateGas"] = 1,
        ["eth_feeHistory"] = 1,
        ["eth_getBalance"] = 1,
        ["eth_getBlockByNumber"] = 0,
        ["eth_getBlockReceipts"] = 0,
        ["eth_getBlockTransactionCountByNumber"] = 0,
        ["eth_getCode"] = 1,
        ["eth_getProof"] = 2,
        ["eth_getStorageAt"] = 2,
        ["eth_getTransactionCount"] = 1,
        ["eth_simulateV1"] = 1,
    };

    public static int? PositionIn(string method) => Positions.TryGetValue(method, out var position) ? position : null;

    /// <summary>The hash where a call names its block by one: bare, or in the form of EIP-1898.</summary>
    public static string? Hash(Call call)
    {
        var parameter = PositionIn(call.Method) is { } position ? call.Parameter(position) : null;
        var text = parameter is JsonObject named ? named["blockHash"].AsText() : parameter.AsText();
        return text is { Length: 66 } ? text : null;
    }

    /// <summary>The caller wants no answer from a block outside the chain.</summary>
    public static bool RequiresCanonical(Call call) =>
        PositionIn(call.Method) is { } position && call.Parameter(position) is JsonObject named
        && named["requireCanonical"] is JsonValue value && value.TryGetValue(out bool isRequired) && isRequired;
}
