using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Transactions;

public sealed class Eip1559TransactionTests
{
    private const int Seed = 1559;

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
    public async Task Sign_RandomTransactions_EqualsViemAndDecodesBack()
    {
        var random = new RandomTransactions(Seed);
        var transactions = Enumerable.Range(0, 400).Select(_ => random.Type2()).ToList();
        var expected = await Reference.AskViemAsync("transaction", [.. transactions.Select(RandomTransactions.Question)]);
        Assert.All(transactions.Zip(expected), pair => AssertSame(pair.First, pair.Second));
    }

    [Fact]
    public async Task Sign_RandomTransactions_EqualsCast()
    {
        var random = new RandomTransactions(Seed + 1);
        for (var i = 0; i < 60; i++)
        {
            var transaction = random.Type2();
            AssertSame(transaction, await RandomTransactions.AskCastAsync(transaction));
        }
    }

    private static void AssertSame(Eip1559Transaction transaction, string expected)
    {
        using var key = PrivateKey.FromBytes(Hex.ToBytes(RandomTransactions.Secret));
        var signed = transaction.Sign(key);
        Assert.True(expected == signed.ToHex(), $"seed {Seed}: {transaction}: {expected}, not {signed.ToHex()}");
        var decoded = Eip1559Transaction.Decode(signed.Raw.Span);
        Assert.Equal((key.Address, signed.Hash, transaction), (decoded.Sender, decoded.Hash, decoded.Transaction));
        Assert.Equal(transaction.AccessList.Count, decoded.Transaction.AccessList.Count);
    }
}
