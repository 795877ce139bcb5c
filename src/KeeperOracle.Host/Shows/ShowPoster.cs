using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.MarginOracle.Leaves;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>Posts requirements of one account of a show under a bond, each as the root of a small tree.</summary>
internal sealed class ShowPoster(ShowStage stage, Hash32 account)
{
    /// <summary>Leaves of other accounts in the same tree, which nobody needs to know.</summary>
    private const int Others = 6;

    public Address Attestations { get; } = stage.AddressOf("marginAttestations");

    public Hash32 Account => account;

    /// <summary>The leaf as an action carries it. Who posts first pays the least bond.</summary>
    public async Task<byte[]> PostAsync(Address from, Leaf leaf, CancellationToken cancellationToken)
    {
        if ((await BondAsync(from, cancellationToken)).IsZero)
        {
            var bond = await stage.CallAsync(Attestations, new MarginAttestations.MinimumBondFunction(), cancellationToken);
            await stage.SendAsync(stage.Chain.Accounts[0], stage.Deployment.Stable, new MockToken.MintFunction(from, bond), cancellationToken);
            await stage.SendAsync(from, stage.Deployment.Stable, new ERC20.ApproveFunction(Attestations, bond), cancellationToken);
            await stage.SendAsync(from, Attestations, new MarginAttestations.PostBondFunction(bond), cancellationToken);
        }

        var body = LeafCode.Body(leaf);
        var nodes = Enumerable.Range(0, Others).Select(i => LeafCode.Node(stage.Chain.Id, Attestations, default, [(byte)i]))
            .Prepend(LeafCode.Node(stage.Chain.Id, Attestations, account, body)).ToList();
        var (root, proofs) = LeafCode.Tree(nodes);
        await stage.SendAsync(from, Attestations, new MarginAttestations.PostRootFunction(root, nodes.Count), cancellationToken);
        var id = await stage.CallAsync(Attestations, new MarginAttestations.RootCountFunction(), cancellationToken);
        return LeafCode.Bytes(id, body, proofs[0]);
    }

    public async Task<BigInteger> BondAsync(Address poster, CancellationToken cancellationToken) =>
        (await stage.CallAsync(Attestations, new MarginAttestations.PosterOfFunction(poster), cancellationToken)).Bond;

    public MarginAttestations.ChallengeRequirementFunction Challenge(byte[] leaf, MadeLeaf made) => new(account, leaf, made.Legs, made.Inputs);
}
