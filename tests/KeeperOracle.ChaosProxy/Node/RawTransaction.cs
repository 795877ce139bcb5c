using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>
/// A signed transaction of type 0, 1 or 2 as a pool sees it. Fees are in wei for one gas; of the older types both are the gas price.
/// </summary>
/// <param name="Hex">the bytes as they were sent</param>
/// <param name="Pending">as eth_getTransactionByHash gives one that waits</param>
internal sealed record RawTransaction(
    string Hex, string Hash, Address Sender, ulong Nonce, Address? To, BigInteger MaxFee, BigInteger MaxTip, JsonObject Pending)
{
    /// <summary>Wei that the sender must have: for all gas at the highest fee, and the value.</summary>
    public BigInteger Cost => (Quantity.Read(Pending["gas"]) * MaxFee) + Quantity.Read(Pending["value"]);

    /// <summary>Null where the bytes are none of these types; what to say of them is left to anvil.</summary>
    public static RawTransaction? TryRead(string? hex)
    {
        try
        {
            return hex is null ? null : Read(hex, Primitives.Hex.ToBytes(hex));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static RawTransaction? Read(string hex, byte[] raw)
    {
        var type = raw.Length == 0 || raw[0] is > 2 and < 0xC0 ? -1 : raw[0] >= 0xC0 ? 0 : raw[0];
        if (type < 0)
        {
            return null;
        }

        var fields = Rlp.Decode(type == 0 ? raw : raw.AsSpan(1)).Items;
        // Where the fields begin that all types have: a chain id stands before them in the typed ones, and type 2 has two fees.
        var first = type == 0 ? 0 : 1;
        var gas = type == 2 ? 4 : first + 2;
        if (fields.Count != (type switch { 0 => 9, 1 => 11, _ => 12 }))
        {
            return null;
        }

        var (digest, signature) = type == 0 ? ReadLegacy(fields) : ReadTyped((byte)type, fields);
        var sender = SignatureRecovery.Recover(digest, signature);
        var (tip, fee) = (fields[first + 1].Number(256), fields[type == 2 ? 3 : first + 1].Number(256));
        var to = fields[gas + 1].Bytes is { Length: > 0 } bytes ? new Address(bytes) : (Address?)null;
        var json = new JsonObject
        {
            ["type"] = Quantity.Of(type),
            ["hash"] = Keccak.Hash(raw).ToString(),
            ["blockHash"] = null,
            ["blockNumber"] = null,
            ["transactionIndex"] = null,
            ["from"] = sender.ToString(),
            ["nonce"] = Quantity.Of(fields[first].Number(64)),
            ["gas"] = Quantity.Of(fields[gas].Number(64)),
            ["gasPrice"] = Quantity.Of(fee),
            ["to"] = to?.ToString(),
            ["value"] = Quantity.Of(fields[gas + 2].Number(256)),
            ["input"] = Primitives.Hex.FromBytes(fields[gas + 3].Bytes),
            ["v"] = Quantity.Of(fields[^3].Number(64)),
            ["r"] = Quantity.Of(signature.R),
            ["s"] = Quantity.Of(signature.S),
        };
        AddTyped(json, type, fields, gas + 4);
        return new RawTransaction(hex, json["hash"].AsText()!, sender, (ulong)fields[first].Number(64), to, fee, tip, json);
    }

    /// <summary>What only the typed ones have.</summary>
    private static void AddTyped(JsonObject json, int type, IReadOnlyList<RlpItem> fields, int accessList)
    {
        if (type == 2)
        {
            json["maxFeePerGas"] = Quantity.Of(fields[3].Number(256));
            json["maxPriorityFeePerGas"] = Quantity.Of(fields[2].Number(256));
        }

        if (type > 0)
        {
            json["chainId"] = Quantity.Of(fields[0].Number(64));
            json["yParity"] = Quantity.Of(fields[^3].Number(1));
            json["accessList"] = new JsonArray([.. fields[accessList].Items.Select(entry => (JsonNode)new JsonObject
            {
                ["address"] = Primitives.Hex.FromBytes(entry.Items[0].Bytes),
                ["storageKeys"] = new JsonArray([.. entry.Items[1].Items.Select(key => (JsonNode)Primitives.Hex.FromBytes(key.Bytes))]),
            })]);
        }
    }

    private static (Hash32 Digest, Signature Signature) ReadTyped(byte type, IReadOnlyList<RlpItem> fields) =>
        (Keccak.Hash([type, .. Encode(fields.Take(fields.Count - 3))]),
            new Signature(fields[^2].Number(256), fields[^1].Number(256), (byte)fields[^3].Number(1)));

    /// <summary>EIP-155 signs the chain id too and folds it into v; before it, v is 27 or 28.</summary>
    private static (Hash32 Digest, Signature Signature) ReadLegacy(IReadOnlyList<RlpItem> fields)
    {
        var v = fields[6].Number(64);
        var isProtected = v >= 35;
        var digest = isProtected
            ? Keccak.Hash(Rlp.EncodeList([.. fields.Take(6).Select(Encode), Rlp.EncodeNumber((v - 35) / 2), Rlp.EncodeNumber(0), Rlp.EncodeNumber(0)]))
            : Keccak.Hash(Encode(fields.Take(6)));
        return (digest, new Signature(fields[7].Number(256), fields[8].Number(256), (byte)(isProtected ? (v - 35) % 2 : v - 27)));
    }

    private static byte[] Encode(IEnumerable<RlpItem> items) => Rlp.EncodeList([.. items.Select(Encode)]);

    private static byte[] Encode(RlpItem item) => item.IsList ? Encode(item.Items) : Rlp.EncodeBytes(item.Bytes);
}
