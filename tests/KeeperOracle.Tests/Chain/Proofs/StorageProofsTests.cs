using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Proofs;

/// <summary>Against what a real node said of the real contracts (tests/vectors/storage-proofs.json, which forge reads too), and everything that spoils it.</summary>
public sealed class StorageProofsTests
{
    private static readonly JsonElement Vectors =
        JsonDocument.Parse(File.ReadAllText(RepositoryFiles.PathOf("tests", "vectors", "storage-proofs.json"))).RootElement;

    private static JsonElement LienVector => Vectors.GetProperty("lien");

    private static Hash32 Root(JsonElement vector) => Hash32.FromHex(vector.GetProperty("stateRoot").GetString()!);

    private static byte[][] Nodes(JsonElement list) => [.. list.EnumerateArray().Select(node => Hex.ToBytes(node.GetString()!))];

    private static AccountProof Read(JsonElement vector) => new(
        Address.FromHex(vector.GetProperty("address").GetString()!),
        Nodes(vector.GetProperty("accountProof")),
        [
            .. vector.GetProperty("slots").EnumerateArray().Select((slot, i) => new SlotProof(
                Hash32.FromHex(slot.GetString()!),
                new BigInteger(Hex.ToBytes(vector.GetProperty("values")[i].GetString()!), isUnsigned: true, isBigEndian: true),
                Nodes(vector.GetProperty("proofs")[i]))),
        ]);

    [Theory]
    [InlineData("lien")]
    [InlineData("order")]
    public void Check_ARealNodesAnswer_Holds(string name) => Assert.Null(StorageProofs.Check(Root(Vectors.GetProperty(name)), Read(Vectors.GetProperty(name))));

    [Fact]
    public void Slots_OfLienAndOrder_AreThoseOfTheContracts()
    {
        var id = new LienId(
            Vectors.GetProperty("chainIdA").GetUInt64(), Address.FromHex(LienVector.GetProperty("address").GetString()!), 1);
        var order = Vectors.GetProperty("order");
        Assert.Equal(Read(LienVector).Slots.Select(slot => slot.Slot), [LienSlots.TermsSlot(1), LienSlots.StateSlot(1)]);
        Assert.Equal(Read(order).Slots[0].Slot, LienSlots.OrderSlot(LienSlots.KeyOf(id), 1));
        var expected = new Order(
            id,
            Vectors.GetProperty("chainIdB").GetUInt64(),
            Address.FromHex(order.GetProperty("address").GetString()!),
            1,
            0,
            BigInteger.Parse(Vectors.GetProperty("units_released").GetString()!, CultureInfo.InvariantCulture),
            Address.FromHex(Vectors.GetProperty("owner").GetString()!),
            0,
            0,
            Vectors.GetProperty("deadline").GetUInt64());
        Assert.Equal(Read(order).Slots[0].Value, new BigInteger(LienSlots.OrderHash(expected).ToBytes(), isUnsigned: true, isBigEndian: true));
    }

    [Fact]
    public void Check_AnyByteOfAnyNodeChanged_IsRefused()
    {
        var whole = Read(LienVector);
        var proofs = new[] { whole.Proof, whole.Slots[0].Proof, whole.Slots[1].Proof };
        for (var list = 0; list < proofs.Length; list++)
        {
            for (var node = 0; node < proofs[list].Length; node++)
            {
                for (var at = 0; at < proofs[list][node].Length; at++)
                {
                    var changed = proofs.Select(one => one.Select(bytes => bytes.ToArray()).ToArray()).ToArray();
                    changed[list][node][at] ^= 1;
                    var answer = whole with { Proof = changed[0], Slots = [whole.Slots[0] with { Proof = changed[1] }, whole.Slots[1] with { Proof = changed[2] }] };
                    Assert.Equal(ProofRefusalCode.ProofNotOfRoot, StorageProofs.Check(Root(LienVector), answer)!.Code);
                }
            }
        }
    }

    [Fact]
    public void Check_OtherRootAccountSlotOrValue_IsRefusedByName()
    {
        var whole = Read(LienVector);
        Assert.Equal(ProofRefusalCode.ProofNotOfRoot, StorageProofs.Check(Root(Vectors.GetProperty("order")), whole)!.Code);
        // A path that leads elsewhere ends in nothing, or at a node that the proof does not have.
        Assert.True(StorageProofs.Check(Root(LienVector), whole with { Account = Address.FromHex("0x" + new string('1', 40)) })!.Code is ProofRefusalCode.ProofOfNothing or ProofRefusalCode.ProofNotOfRoot);
        Assert.True(With(whole.Slots[0] with { Slot = LienSlots.StateSlot(77) }) is ProofRefusalCode.ProofOfNothing or ProofRefusalCode.ProofNotOfRoot);
        Assert.Equal(ProofRefusalCode.ValueNotProved, With(whole.Slots[0] with { Value = whole.Slots[0].Value + 1 }));
        Assert.Equal(ProofRefusalCode.ValueNotProved, With(whole.Slots[0] with { Value = 0 }));
        Assert.Equal(ProofRefusalCode.ProofOfNothing, With(whole.Slots[0] with { Proof = whole.Slots[0].Proof[..^1] }));
        Assert.Equal(ProofRefusalCode.ProofOfNothing, With(whole.Slots[0] with { Proof = [] }));
        Assert.Equal(ProofRefusalCode.ProofTooLong, With(whole.Slots[0] with { Proof = [.. whole.Slots[0].Proof, whole.Slots[0].Proof[^1]] }));
        Assert.Equal(ProofRefusalCode.ProofTooLong, With(whole.Slots[0] with { Proof = [.. Enumerable.Repeat(whole.Slots[0].Proof[0], 66)] }));
        Assert.Equal(ProofRefusalCode.ProofTooLong, With(whole.Slots[0] with { Proof = [new byte[1025]] }));

        ProofRefusalCode With(SlotProof slot) => StorageProofs.Check(Root(LienVector), whole with { Slots = [slot] })!.Code;
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("0x80")]
    [InlineData("0xc0")]
    [InlineData("0xc3010203")]
    [InlineData("0xc2840102")]
    [InlineData("0xc3820001c0")]
    public void SlotValue_NodeThatIsNone_IsMalformed(string node)
    {
        var bytes = Hex.ToBytes(node);
        Assert.Equal(ProofRefusalCode.ProofMalformed, StorageProofs.SlotValue(Keccak.Hash(bytes), default, [bytes]).Refusal!.Code);
    }

    [Fact]
    public void HeaderDigest_OfAnAttestation_IsThatOfTheTypeString()
    {
        // Words written out by hand, as EIP-712 says.
        var header = new HeaderAttestation(31337, 7, Keccak.HashText("block"), Keccak.HashText("root"), 8, 9);
        var (verifier, source) = (Address.FromHex("0x" + new string('a', 40)), Address.FromHex("0x" + new string('b', 40)));
        var type = Keccak.HashText("HeaderAttestation(address source,uint256 chainId,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp,uint64 deadline)");
        static string Word(BigInteger value) => value.ToString("x64", CultureInfo.InvariantCulture);
        var body = "0x" + type.ToString()[2..] + new string('0', 24) + new string('b', 40) + Word(31337) + Word(7) + header.BlockHash.ToString()[2..] + header.StateRoot.ToString()[2..] + Word(8) + Word(9);
        Assert.Equal(
            TypedData.Digest(TypedData.DomainSeparator("KeeperOracle", "1", new ChainId(31338), verifier), Keccak.Hash(Hex.ToBytes(body))),
            HeaderDigest.Compute(new ChainId(31338), verifier, source, header));
    }
}
