using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Transactions;

/// <summary>Transactions of any fields, and the question that viem and cast are asked about one. Every tenth number is at an end of its range.</summary>
internal sealed class RandomTransactions(int seed)
{
    public const string Secret = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    private readonly Random _random = new(seed);

    public Eip1559Transaction Type2()
    {
        var (first, second) = (Number(128), Number(128));
        return new Eip1559Transaction(
            Chain(), Nonce(), BigInteger.Min(first, second), BigInteger.Max(first, second), (ulong)_random.Next(21000, 30_000_000), To(), Number(255), Data())
        {
            AccessList = List(),
        };
    }

    public Eip2930Transaction Type1() =>
        new(Chain(), Nonce(), Number(128), (ulong)_random.Next(21000, 30_000_000), To(), Number(255), Data(), List());

    public static object Question(Eip1559Transaction transaction) => Question(
        "eip1559", transaction.ChainId, transaction.Nonce, transaction.GasLimit, transaction.To, transaction.Value, transaction.Data, transaction.AccessList,
        ("maxFeePerGas", transaction.MaxFeePerGas), ("maxPriorityFeePerGas", transaction.MaxPriorityFeePerGas));

    public static object Question(Eip2930Transaction transaction) => Question(
        "eip2930", transaction.ChainId, transaction.Nonce, transaction.GasLimit, transaction.To, transaction.Value, transaction.Data, transaction.AccessList,
        ("gasPrice", transaction.GasPrice));

    public static Task<string> AskCastAsync(Eip1559Transaction transaction) => AskCastAsync(
        transaction.ChainId, transaction.Nonce, transaction.GasLimit, transaction.To, transaction.Value, transaction.Data, transaction.AccessList,
        ["--gas-price", Text(transaction.MaxFeePerGas), "--priority-gas-price", Text(transaction.MaxPriorityFeePerGas)]);

    public static Task<string> AskCastAsync(Eip2930Transaction transaction) => AskCastAsync(
        transaction.ChainId, transaction.Nonce, transaction.GasLimit, transaction.To, transaction.Value, transaction.Data, transaction.AccessList,
        ["--legacy", "--gas-price", Text(transaction.GasPrice)]);

    private static Dictionary<string, object?> Question(
        string type, ChainId chain, ulong nonce, ulong gas, Address? to, BigInteger value, byte[] data, IReadOnlyList<AccessListEntry> list, params (string Name, BigInteger Fee)[] fees)
    {
        var transaction = new Dictionary<string, object?>
        {
            ["type"] = type,
            ["chainId"] = chain.Value,
            ["nonce"] = nonce,
            ["gas"] = Text(gas),
            ["value"] = Text(value),
            ["data"] = Hex.FromBytes(data),
            ["accessList"] = Json(list),
        };
        if (to is { } target)
        {
            transaction["to"] = target.ToString();
        }

        foreach (var (name, fee) in fees)
        {
            transaction[name] = Text(fee);
        }

        return new Dictionary<string, object?> { ["key"] = Secret, ["transaction"] = transaction };
    }

    private static Task<string> AskCastAsync(
        ChainId chain, ulong nonce, ulong gas, Address? to, BigInteger value, byte[] bytes, IReadOnlyList<AccessListEntry> list, string[] fees)
    {
        var data = Hex.FromBytes(bytes);
        string[] target = to is { } address ? (bytes.Length == 0 ? [address.ToString()] : [address.ToString(), data]) : ["--create", data];
        return Reference.AskCastAsync([
            "mktx", "--rpc-url", "http://127.0.0.1:1", "--private-key", Secret, "--chain", Text(chain.Value), "--nonce", Text(nonce), "--gas-limit", Text(gas),
            "--value", Text(value), "--access-list", JsonSerializer.Serialize(Json(list)), .. fees, .. target]);
    }

    private static object[] Json(IReadOnlyList<AccessListEntry> list) =>
        [.. list.Select(entry => new { address = entry.Account.ToString(), storageKeys = entry.StorageKeys.Select(key => key.ToString()).ToArray() })];

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Of small numbers only well-known chains: on some others cast makes another type of transaction than it was asked for.</summary>
    private ChainId Chain() => new(_random.Next(5) switch { 0 => 1, 1 => 10, 2 => 31337, _ => (ulong)_random.NextInt64(1L << 40, 1L << 48) });

    private ulong Nonce() => (ulong)_random.Next(_random.Next(2) == 0 ? 130 : 1 << 30);

    private Address? To() => _random.Next(5) == 0 ? null : new Address(Bytes(20));

    private byte[] Data() => Bytes(_random.Next(5) switch { 0 => 1, 1 => _random.Next(53, 58), 2 => _random.Next(250, 260), _ => _random.Next(1, 500) });

    private List<AccessListEntry> List()
    {
        var entries = Enumerable.Range(0, _random.Next(4))
            .Select(_ => new AccessListEntry(new Address(Bytes(20)), [.. Enumerable.Range(0, _random.Next(4)).Select(_ => new Hash32(Bytes(32)))])).ToList();
        if (entries.Count > 1 && _random.Next(3) == 0)
        {
            entries.Add(entries[0]); // said twice: it counts twice
        }

        return entries;
    }

    private BigInteger Number(int bits) => _random.Next(10) switch
    {
        0 => BigInteger.Zero,
        1 => (BigInteger.One << bits) - 1,
        _ => new BigInteger(Bytes(_random.Next(1, (bits / 8) + 1)), isUnsigned: true),
    };

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
