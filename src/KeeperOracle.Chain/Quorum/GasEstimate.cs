using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Chain.Quorum;

/// <summary>
/// Clients search the gas of a call each in their own way, so that honest estimates differ a little. Agreed are k estimates within a fifth
/// of each other, and of these the largest: gas that is not used is not paid.
/// </summary>
internal static class GasEstimate
{
    /// <summary>Null where the answer is no amount of gas.</summary>
    public static ulong? Read(JsonElement answer)
    {
        try
        {
            return EthJson.Small(answer);
        }
        catch (RpcException)
        {
            return null;
        }
    }

    /// <summary>Null where no k of them are near each other.</summary>
    public static ulong? Agreed(IEnumerable<ulong> estimates, int required)
    {
        var sorted = estimates.Order().ToList();
        for (var first = 0; first + required <= sorted.Count; first++)
        {
            var last = sorted[first + required - 1];
            if (last - sorted[first] <= sorted[first] / 5)
            {
                return last;
            }
        }

        return null;
    }
}
