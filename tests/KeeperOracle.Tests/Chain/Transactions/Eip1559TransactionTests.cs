using System.Globalization;
using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Transactions;

public sealed class Eip1559TransactionTests
{
    private const string Secret = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    private static readonly Eip1559Transaction Sample =
        new(new ChainId(31337), 5, 1_000_000_000, 3_000_000_000, 21000, Address.FromHex("0x000000000000000000000000000000000000dead"), 7, [0x12, 0x34]);

    [Fact]
    public void Sign_TipAboveTheWholeFee_Refuses()
    {
        using var key = AnvilNode.Key(0);
        Assert.Throws<InvalidOperationException>(() => (Sample with { MaxPriorityFeePerGas = 3_000_000_001 }).Sign(key));
        (Sample with { MaxPriorityFeePerGas = 3_000_000_000 }).Sign(key);
    }

    [Fact]
    public void Decode_EveryByteChanged_RefusesOrIsAnotherTransaction()
    {
        using var key = AnvilNode.Key(0);
        var raw = Sample.Sign(key).Raw.ToArray();
        for (var i = 0; i < raw.Length; i++)
        {
            var damaged = raw.ToArray();
            damaged[i] ^= 1;
            try
            {
                var decoded = Eip1559Transaction.Decode(damaged);
                Assert.False(decoded.Sender == key.Address && decoded.Transaction.Equals(Sample), $"byte {i} does not matter");
                Assert.Equal(damaged, decoded.Raw.ToArray());
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("0x01")]
    [InlineData("0x02c0")]
    [InlineData("0xf86b")]
    public void Decode_NoTransactionOfTypeTwo_Refuses(string hex) => Assert.Throws<FormatException>(() => Eip1559Transaction.Decode(Hex.ToBytes(hex)));

    [Fact]
    public async Task Sign_RandomTransactions_EqualsCast()
    {
        var random = new Random(1559);
        using var key = PrivateKey.FromBytes(Hex.ToBytes(Secret));
        for (var i = 0; i < 12; i++)
        {
            var data = new byte[i == 0 ? 0 : random.Next(1, 300)];
            random.NextBytes(data);
            var tip = new BigInteger(random.NextInt64(0, 1L << 40));
            var value = i % 3 == 0 ? BigInteger.Zero : BigInteger.Pow(10, random.Next(25));
            var to = i % 4 == 3 ? (Address?)null : new Address(Keccak.HashText($"{i}").ToBytes().AsSpan(12));
            var transaction = new Eip1559Transaction(
                new ChainId((ulong)random.Next(1, 1 << 20)), (ulong)random.Next(0, 300), tip, tip + random.NextInt64(0, 1L << 40), (ulong)random.Next(21000, 30_000_000), to, value, data);
            var signed = transaction.Sign(key);
            Assert.Equal(await CastAsync(transaction), signed.ToHex());

            var decoded = Eip1559Transaction.Decode(signed.Raw.Span);
            Assert.Equal((key.Address, signed.Hash, transaction), (decoded.Sender, decoded.Hash, decoded.Transaction));
        }
    }

    private static Task<string> CastAsync(Eip1559Transaction transaction)
    {
        var data = Hex.FromBytes(transaction.Data);
        string[] target = transaction.To is { } to ? (transaction.Data.Length == 0 ? [to.ToString()] : [to.ToString(), data]) : ["--create", data];
        return Reference.AskCastAsync([
            "mktx", "--rpc-url", "http://127.0.0.1:1", "--private-key", Secret, "--chain", Text(transaction.ChainId.Value), "--nonce", Text(transaction.Nonce),
            "--gas-limit", Text(transaction.GasLimit), "--gas-price", Text(transaction.MaxFeePerGas), "--priority-gas-price", Text(transaction.MaxPriorityFeePerGas),
            "--value", Text(transaction.Value), .. target]);
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);
}
