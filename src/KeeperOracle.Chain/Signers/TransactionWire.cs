using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signers;

/// <summary>The object that eth_signTransaction takes, written by the client and read by the signer.</summary>
public static class TransactionWire
{
    private static readonly string[] Names =
        ["from", "to", "gas", "nonce", "value", "data", "maxFeePerGas", "maxPriorityFeePerGas", "chainId"];

    public static Dictionary<string, object?> Write(Address from, Eip1559Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.AccessList.Count > 0)
        {
            throw new ArgumentException("A transaction with an access list has no form that a signer takes.", nameof(transaction));
        }

        var wire = new Dictionary<string, object?>
        {
            ["from"] = from.ToString(),
            ["gas"] = EthJson.Quantity(transaction.GasLimit),
            ["nonce"] = EthJson.Quantity(transaction.Nonce),
            ["value"] = EthJson.Quantity(transaction.Value),
            ["data"] = Hex.FromBytes(transaction.Data),
            ["maxFeePerGas"] = EthJson.Quantity(transaction.MaxFeePerGas),
            ["maxPriorityFeePerGas"] = EthJson.Quantity(transaction.MaxPriorityFeePerGas),
            ["chainId"] = EthJson.Quantity(transaction.ChainId.Value),
        };
        if (transaction.To is { } to)
        {
            wire["to"] = to.ToString();
        }

        return wire;
    }

    /// <summary>
    /// Strict: every field but "to" must be there, and no other may (a gas price or an access list would make another transaction of it).
    /// Throws <see cref="FormatException"/>.
    /// </summary>
    public static (Address From, Eip1559Transaction Transaction) Read(JsonElement wire)
    {
        try
        {
            if (wire.ValueKind == JsonValueKind.Object
                && wire.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => !Names.Contains(name)) is { } stray)
            {
                throw new FormatException($"A transaction to sign has no member '{(stray.Length <= 40 ? stray : stray[..40])}'.");
            }

            var transaction = new Eip1559Transaction(
                new ChainId(EthJson.Small(EthJson.Member(wire, "chainId"))),
                EthJson.Small(EthJson.Member(wire, "nonce")),
                EthJson.Number(EthJson.Member(wire, "maxPriorityFeePerGas")),
                EthJson.Number(EthJson.Member(wire, "maxFeePerGas")),
                EthJson.Small(EthJson.Member(wire, "gas")),
                EthJson.IsNull(wire, "to") ? null : EthJson.Address(EthJson.Member(wire, "to")),
                EthJson.Number(EthJson.Member(wire, "value")),
                EthJson.Bytes(EthJson.Member(wire, "data")));
            return (EthJson.Address(EthJson.Member(wire, "from")), transaction);
        }
        catch (RpcException malformed)
        {
            throw new FormatException(malformed.Problem);
        }
    }
}
