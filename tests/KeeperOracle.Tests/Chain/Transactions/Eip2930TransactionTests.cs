using System.Text.Json;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Transactions;

public sealed class Eip2930TransactionTests
{
    private const int Seed = 2930;

    private static readonly AccessListEntry Entry = new(Address.FromHex("0x00000000000000000000000000000000000000aa"), [Hash32.FromHex("0x" + new string('1', 64))]);

    private static readonly Eip2930Transaction Sample =
        new(new ChainId(31337), 5, 3_000_000_000, 30000, Address.FromHex("0x000000000000000000000000000000000000dead"), 7, [0x12, 0x34], [Entry]);

    [Theory]
    [InlineData("0x")]
    [InlineData("0x01")]
    [InlineData("0x01c0")]
    [InlineData("0x02c0")]
    [InlineData("0xf86b")]
    public void Decode_NoTransactionOfTypeOne_Refuses(string hex) => Assert.Throws<FormatException>(() => Eip2930Transaction.Decode(Hex.ToBytes(hex)));

    [Fact]
    public void Decode_EveryBitChanged_RefusesOrIsAnotherTransaction()
    {
        using var key = AnvilNode.Key(0);
        var raw = Sample.Sign(key).Raw.ToArray();
        for (var i = 0; i < raw.Length * 8; i++)
        {
            var damaged = raw.ToArray();
            damaged[i / 8] ^= (byte)(1 << (i % 8));
            try
            {
                var decoded = Eip2930Transaction.Decode(damaged);
                Assert.False(decoded.Sender == key.Address && decoded.Transaction.Equals(Sample), $"bit {i} does not matter");
                Assert.Equal(damaged, decoded.Raw.ToArray());
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }

    public static TheoryData<string, byte[]> WrongLists() => new()
    {
        { "an entry of three", Rlp.EncodeList(Rlp.EncodeList(Rlp.EncodeAddress(Address.Zero), Rlp.EncodeList(), Rlp.EncodeList())) },
        { "an entry of one", Rlp.EncodeList(Rlp.EncodeList(Rlp.EncodeAddress(Address.Zero))) },
        { "an address of 19 bytes", Rlp.EncodeList(Rlp.EncodeList(Rlp.EncodeBytes(new byte[19]), Rlp.EncodeList())) },
        { "a key of 31 bytes", Rlp.EncodeList(Rlp.EncodeList(Rlp.EncodeAddress(Address.Zero), Rlp.EncodeList(Rlp.EncodeBytes(new byte[31])))) },
        { "a key in place of the keys", Rlp.EncodeList(Rlp.EncodeList(Rlp.EncodeAddress(Address.Zero), Rlp.EncodeBytes(new byte[32]))) },
        { "a text in place of the list", Rlp.EncodeBytes([]) },
    };

    [Theory]
    [MemberData(nameof(WrongLists))]
    public void Decode_AccessListOfAnotherShape_Refuses(string what, byte[] list)
    {
        byte[][] fields = [.. Enumerable.Repeat(Rlp.EncodeNumber(1), 4), Rlp.EncodeAddress(null), Rlp.EncodeNumber(0), Rlp.EncodeBytes([]), list, .. Enumerable.Repeat(Rlp.EncodeNumber(1), 3)];
        var problem = Assert.Throws<FormatException>(() => Eip2930Transaction.Decode([1, .. Rlp.EncodeList(fields)]));
        Assert.True(problem.Message.Length > 0, what);
    }

    [Fact]
    public void Equals_AccessListInAnotherOrderOrTwice_IsAnotherTransaction()
    {
        var other = Entry with { Account = Address.Zero };
        var both = Sample with { AccessList = [Entry, other] };
        Assert.NotEqual(both, Sample with { AccessList = [other, Entry] });
        Assert.NotEqual(both, Sample with { AccessList = [Entry, other, Entry] });
        Assert.Equal(both, Sample with { AccessList = [new AccessListEntry(Entry.Account, [.. Entry.StorageKeys]), other] });
    }

    [Fact]
    public async Task Sign_RandomTransactions_EqualsViemAndDecodesBack()
    {
        var random = new RandomTransactions(Seed);
        var transactions = Enumerable.Range(0, 400).Select(_ => random.Type1()).ToList();
        var expected = await Reference.AskViemAsync("transaction", [.. transactions.Select(RandomTransactions.Question)]);
        Assert.All(transactions.Zip(expected), pair => AssertSame(pair.First, pair.Second));
    }

    [Fact]
    public async Task Sign_RandomTransactions_EqualsCast()
    {
        var random = new RandomTransactions(Seed + 1);
        for (var i = 0; i < 60; i++)
        {
            var transaction = random.Type1();
            AssertSame(transaction, await RandomTransactions.AskCastAsync(transaction));
        }
    }

    /// <summary>A node takes the bytes, gives them our hash and charges for the list.</summary>
    [Fact]
    public async Task Send_ToALiveNode_IsMinedUnderOurHash()
    {
        await using var anvil = await AnvilNode.StartAsync();
        using var key = AnvilNode.Key(0);
        var signed = (Sample with { Nonce = 0, Data = [] }).Sign(key);
        var hash = await anvil.Rpc.SendAsync("eth_sendRawTransaction", CancellationToken.None, signed.ToHex());
        Assert.Equal(signed.Hash.ToString(), hash.GetString());
        JsonElement receipt = default;
        await Until.TrueAsync(
            async () => (receipt = await anvil.Rpc.SendAsync("eth_getTransactionReceipt", CancellationToken.None, signed.Hash.ToString())).ValueKind != JsonValueKind.Null,
            "the transaction is mined");
        Assert.Equal(("0x1", "0x1"), (receipt.GetProperty("type").GetString(), receipt.GetProperty("status").GetString()));
        Assert.Equal("0x62d4", receipt.GetProperty("gasUsed").GetString()); // 21,000 + 2,400 an address + 1,900 a key
    }

    private static void AssertSame(Eip2930Transaction transaction, string expected)
    {
        using var key = PrivateKey.FromBytes(Hex.ToBytes(RandomTransactions.Secret));
        var signed = transaction.Sign(key);
        Assert.True(expected == signed.ToHex(), $"seed {Seed}: {transaction}: {expected}, not {signed.ToHex()}");
        var decoded = Eip2930Transaction.Decode(signed.Raw.Span);
        Assert.Equal((key.Address, signed.Hash, transaction), (decoded.Sender, decoded.Hash, decoded.Transaction));
        Assert.Equal(
            transaction.AccessList.Select(entry => (entry.Account, string.Join(',', entry.StorageKeys))),
            decoded.Transaction.AccessList.Select(entry => (entry.Account, string.Join(',', entry.StorageKeys))));
    }
}
