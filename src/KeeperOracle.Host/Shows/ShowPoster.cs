using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.MarginOracle.Leaves;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>Posts requirements of one account of a show under a bond, each as the root of a small tree.</summary>
internal sealed class ShowPoster(StageChain side, Hash32 account)
{
    /// <summary>Leaves of other accounts in the same tree, which nobody needs to know.</summary>
    private const int Others = 6;

    public Address Attestations { get; } = side.AddressOf("marginAttestations");

    public Hash32 Account => account;

    public StageChain Side => side;

    /// <summary>The leaf as an action carries it. Who posts first pays the least bond.</summary>
    public async Task<byte[]> PostAsync(Address from, Leaf leaf, CancellationToken cancellationToken)
    {
        if ((await BondAsync(from, cancellationToken)).IsZero)
        {
            var bond = await side.CallAsync(Attestations, new MarginAttestations.MinimumBondFunction(), cancellationToken);
            await side.SendAsync(side.Chain.Accounts[0], side.Deployment.Stable, new MockToken.MintFunction(from, bond), cancellationToken);
            await side.SendAsync(from, side.Deployment.Stable, new ERC20.ApproveFunction(Attestations, bond), cancellationToken);
            await side.SendAsync(from, Attestations, new MarginAttestations.PostBondFunction(bond), cancellationToken);
        }

        var body = LeafCode.Body(leaf);
        var nodes = Enumerable.Range(0, Others).Select(i => LeafCode.Node(side.Chain.Id, Attestations, default, [(byte)i]))
            .Prepend(LeafCode.Node(side.Chain.Id, Attestations, account, body)).ToList();
        var (root, proofs) = LeafCode.Tree(nodes);
        await side.SendAsync(from, Attestations, new MarginAttestations.PostRootFunction(root, nodes.Count), cancellationToken);
        var id = await side.CallAsync(Attestations, new MarginAttestations.RootCountFunction(), cancellationToken);
        return LeafCode.Bytes(id, body, proofs[0]);
    }

    public async Task<BigInteger> BondAsync(Address poster, CancellationToken cancellationToken) =>
        (await side.CallAsync(Attestations, new MarginAttestations.PosterOfFunction(poster), cancellationToken)).Bond;

    public MarginAttestations.ChallengeRequirementFunction Challenge(byte[] leaf, MadeLeaf made) => new(account, leaf, made.Legs, made.Inputs);
}
