using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle.Leaves;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.MarginOracle.Leaves;

/// <summary>That the contract takes these bytes is shown on a chain, by the show of system 5.</summary>
public sealed class LeafCodeTests
{
    private static readonly Address Contract = Address.FromHex("0x00000000000000000000000000000000000000aa");
    private static readonly Leaf One = new(
        1, Keccak.HashText("legs"), 2, 3, 4, 5, 6, 7, 8, [new AttestedUnderlying(Contract, 9, 10, 11, Keccak.HashText("inputs"))]);

    [Fact]
    public void Body_EveryField_StandsInItsOwnWidthAndPlace()
    {
        var body = LeafCode.Body(One);

        Assert.Equal(109 + 92, body.Length); // the layout in IMarginAttestations.sol, without the root's id
        Assert.Equal((1, 2, 3, 4, 5, 6), (body[7], body[47], body[55], body[63], body[67], body[75]));
        Assert.Equal((7, 8, 1), (body[91], body[107], body[108]));
        Assert.Equal((9, 10, 11), (body[144], body[160], body[168]));
        Assert.Equal(One.LegsHash.ToBytes(), body[8..40]);
        Assert.Equal(One.Underlyings[0].InputsHash.ToBytes(), body[169..]);
    }

    [Fact]
    public void Body_NumberOverItsField_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => LeafCode.Body(One with { Requirement = BigInteger.One << 128 }));
        Assert.Throws<ArgumentException>(() => LeafCode.Body(One with { Requirement = -1 }));
    }

    [Fact]
    public void Node_OtherChainContractAccountOrBody_IsAnotherNode()
    {
        var body = LeafCode.Body(One);
        Hash32[] nodes =
        [
            LeafCode.Node(new ChainId(1), Contract, default, body),
            LeafCode.Node(new ChainId(2), Contract, default, body),
            LeafCode.Node(new ChainId(1), default, default, body),
            LeafCode.Node(new ChainId(1), Contract, Keccak.HashText("account"), body),
            LeafCode.Node(new ChainId(1), Contract, default, LeafCode.Body(One with { Requirement = 6 })),
        ];

        Assert.Equal(nodes.Length, nodes.Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(13)]
    public void Tree_EveryProof_LeadsFromItsNodeToTheRoot(int count)
    {
        var nodes = Enumerable.Range(0, count).Select(i => Keccak.HashText($"node {i}")).ToList();

        var (root, proofs) = LeafCode.Tree(nodes);

        Assert.Equal(count, proofs.Count);
        Assert.All(nodes.Zip(proofs), pair => Assert.Equal(root, Fold(pair.First, pair.Second)));
        Assert.All(nodes.Skip(1).Zip(proofs), pair => Assert.NotEqual(root, Fold(pair.First, pair.Second)));
    }

    /// <summary>As OpenZeppelin's MerkleProof does it: the smaller of two first, compared as numbers.</summary>
    private static Hash32 Fold(Hash32 node, IEnumerable<Hash32> proof) => proof.Aggregate(node, (at, next) =>
    {
        var (one, other) = (at.ToBytes(), next.ToBytes());
        var ordered = new BigInteger(one, true, true) < new BigInteger(other, true, true) ? one.Concat(other) : other.Concat(one);
        return Keccak.Hash(ordered.ToArray());
    });
}
