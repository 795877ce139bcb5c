using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;
using OrderKind = KeeperOracle.Keeper.Relaying.OrderKind;

namespace KeeperOracle.Host.Relay;

/// <summary>A link that cannot be served as it is configured, or as the chains are.</summary>
internal sealed class LinkRefusedException(string message) : Exception(message);

/// <summary>
/// Reads a link: each chain at one head, all by calls (logs only tell where to look for headers), and the vault's and the hub's earlier states under the headers that
/// count. Liens of other hubs are left out. Refused by name: a hub or a vault that believes another source of headers than the configured one, and too many liens.
/// </summary>
internal sealed class LinkReader(
    ChainAccess vaultChain, ChainAccess hubChain, HeaderLedger toHub, HeaderLedger toVault, HeaderCollector vaultHeaders, HeaderCollector hubHeaders, Address relay, int maxLiens)
{
    private readonly TopUpReader _topUps = new(vaultChain, hubChain, relay);
    private readonly VaultStates _states = new(vaultChain, vaultChain.Options.CrossChain.CollateralVault);

    private Address Vault => vaultChain.Options.CrossChain.CollateralVault;

    private Address Hub => hubChain.Options.CrossChain.MarginHub;

    public string Name { get; } = $"{vaultChain.Id}-{hubChain.Id}";

    internal sealed record VaultLien(ulong Number, Lien Lien, LienTerms Terms, QueuedOrder Queued, ulong ProvableFrom);

    internal sealed record HubLien(RemoteLien Lien, ImmutableArray<HubOrder> Orders, ulong SwapLien);

    public async Task<LinkPicture> ReadAsync(BlockRef vaultHead, BlockRef hubHead, CancellationToken cancellationToken)
    {
        var lag = await CheckSourcesAsync(vaultHead, hubHead, cancellationToken);
        var (hubHalted, believedByHub) = await toHub.ReadAsync(hubHead, cancellationToken);
        var (vaultHalted, believedByVault) = await toVault.ReadAsync(vaultHead, cancellationToken);
        var offerToHub = await OfferAsync(vaultHeaders, hubChain, vaultChain, hubHead, believedByHub, cancellationToken);
        var offerToVault = await OfferAsync(hubHeaders, vaultChain, hubChain, vaultHead, believedByVault, cancellationToken);
        var (count, liens) = await ReadVaultAsync(vaultHead, cancellationToken);
        var orders = ImmutableDictionary.CreateBuilder<(Hash32, ulong), Order>();
        var onHub = await ReadHubAsync(liens, hubHead, lag.Generation, orders, cancellationToken);

        var newest = believedByHub.Count == 0 ? null : believedByHub[^1];
        var usable = believedByHub.LastOrDefault(header => hubHead.Timestamp >= header.Header.Timestamp + lag.FinalityLag);
        var atNewest = await StatesAsync(newest?.BlockHash, count, cancellationToken);
        var atUsable = await StatesAsync(usable?.BlockHash, count, cancellationToken);
        var atOffer = await StatesAsync(offerToHub?.Attestation.BlockHash, count, cancellationToken);
        var nexts = liens.Select(lien => (lien.Number, Order: onHub[lien.Number].Orders.FirstOrDefault(order => order.Counter == lien.Lien.Counter + 1))).ToList();
        var provable = await StoredAsync(nexts, believedByVault.Count == 0 ? null : believedByVault[^1].BlockHash, cancellationToken);
        var offered = await StoredAsync(nexts, offerToVault?.Attestation.BlockHash, cancellationToken);
        var fillable = await FillableAsync(liens, nexts, orders, vaultHead, cancellationToken);
        var topUps = await _topUps.ReadAsync(liens, onHub, vaultHead, hubHead, lag.FinalityLag, cancellationToken);

        var onVault = believedByVault.Count == 0 ? null : believedByVault[^1].Header;
        var state = new LinkState(
            Name,
            vaultChain.Id,
            hubChain.Id,
            vaultHead.Timestamp,
            hubHead.Timestamp,
            new HeaderState(hubHalted, newest?.Header, usable?.Header, Offered(offerToHub)),
            new HeaderState(vaultHalted, onVault, onVault, Offered(offerToVault)),
            [
                .. liens.Select(lien => new LinkedLien(
                    lien.Number,
                    KeyOf(lien.Number),
                    new LienAt(lien.Lien.Amount, lien.Lien.Counter),
                    Find(atNewest, lien.Number),
                    Find(atUsable, lien.Number),
                    Find(atOffer, lien.Number),
                    lien.Queued.OrderHash,
                    lien.Queued.ReadyAt,
                    lien.ProvableFrom,
                    OnHub(onHub[lien.Number], lag.Generation),
                    onHub[lien.Number].Orders,
                    provable.Contains(lien.Number),
                    offered.Contains(lien.Number),
                    fillable.Contains(lien.Number))
                {
                    TopUp = topUps.Mandates.GetValueOrDefault(lien.Number),
                    Worth = topUps.Worths.TryGetValue(lien.Number, out var worth) ? worth : null,
                }),
            ]);
        return new LinkPicture(
            state, vaultHead, hubHead, believedByHub, believedByVault, offerToHub, offerToVault, liens.ToImmutableDictionary(lien => lien.Number, lien => lien.Terms), orders.ToImmutable());
    }

    public LienId IdOf(ulong number) => new(vaultChain.Id.Value, Vault, number);

    private Hash32 KeyOf(ulong number) => LienSlots.KeyOf(IdOf(number));

    private static SignedOffer? Offered(QuorumHeader? offer) =>
        offer is null ? null : new SignedOffer(offer.Attestation.Number, offer.Attestation.Timestamp, offer.Attestation.Deadline);

    private static LienAt? Find(IReadOnlyDictionary<ulong, LienAt>? states, ulong number) => states is not null && states.TryGetValue(number, out var there) ? there : null;

    private static LienOnHub? OnHub(HubLien found, ulong generation) => found.Lien.Account.IsZero ? null : new LienOnHub(
        found.Lien.Attached,
        found.Lien.Proven,
        found.Lien.Counted,
        found.Lien.Pending,
        found.Lien.ObservedNumber,
        found.Lien.ObservedAt,
        found.Lien.Generation == generation,
        found.Lien.EndedCounter,
        found.Lien.SwapCounter,
        found.SwapLien)
    {
        Account = found.Lien.Account,
        Disputed = found.Lien.Disputed,
    };

    private async Task<IReadOnlyDictionary<ulong, LienAt>?> StatesAsync(Hash32? block, ulong count, CancellationToken cancellationToken) =>
        block is { } hash ? await _states.AtAsync(hash, count, cancellationToken) : null;

    private async Task<SourceChain> CheckSourcesAsync(BlockRef vaultHead, BlockRef hubHead, CancellationToken cancellationToken)
    {
        var source = await hubChain.Reader.ReadAsync(new MarginHub.SourceChainOfFunction(vaultChain.Id.Value), Hub, hubHead.Hash, cancellationToken);
        var other = await vaultChain.Reader.ReadAsync(new CollateralVault.SourceOfFunction(hubChain.Id.Value, Hub), Vault, vaultHead.Hash, cancellationToken);
        Require("hub", hubChain, source.Source);
        Require("vault", vaultChain, other);
        return source;
    }

    private static void Require(string what, ChainAccess chain, Address source)
    {
        var configured = chain.Options.CrossChain.AttestedHeaders;
        if (source != configured)
        {
            throw new LinkRefusedException(
                $"HeaderSourceOther: the {what} on chain {chain.Name} believes {Eip55.Format(source)}, and KeeperOracle:Chains:{chain.Id}:AttestedHeaders is {Eip55.Format(configured)}");
        }
    }

    /// <summary>The newest with a quorum that the contract does not know yet and our own nodes have; what they do not have is a lie or a fork.</summary>
    private static async Task<QuorumHeader?> OfferAsync(
        HeaderCollector collector, ChainAccess on, ChainAccess of, BlockRef head, IReadOnlyList<LedgerHeader> known, CancellationToken cancellationToken)
    {
        var batch = on.Reader.At(head.Hash);
        var signers = batch.Add(on.Addresses.AttestationVerifier, new AttestationVerifier.SignersFunction());
        var threshold = batch.Add(on.Addresses.AttestationVerifier, new AttestationVerifier.ThresholdFunction());
        await batch.ExecuteAsync(cancellationToken);
        foreach (var offer in await collector.CollectAsync([.. signers.Value], (int)threshold.Value, cancellationToken))
        {
            if (known.Count > 0 && offer.Attestation.Number <= known[^1].Header.Number)
            {
                return null;
            }

            if (await of.Eth.GetBlockByNumberAsync(offer.Attestation.Number, cancellationToken) is { } block
                && block.Ref.Hash == offer.Attestation.BlockHash && block.StateRoot == offer.Attestation.StateRoot)
            {
                return offer;
            }
        }

        return null;
    }

    private async Task<(ulong Count, IReadOnlyList<VaultLien> Liens)> ReadVaultAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var count = await vaultChain.Reader.ReadAsync(new CollateralVault.LienCountFunction(), Vault, head.Hash, cancellationToken);
        if (count > maxLiens)
        {
            throw new LinkRefusedException($"TooManyLiens: the vault on chain {vaultChain.Name} has {count}, and KeeperOracle:Relay:MaxLiens is {maxLiens}");
        }

        var batch = vaultChain.Reader.At(head.Hash);
        var reads = Enumerable.Range(1, (int)count).Select(number => (
            Number: (ulong)number,
            Lien: batch.Add(Vault, new CollateralVault.LienOfFunction(number)),
            Terms: batch.Add(Vault, new CollateralVault.TermsOfFunction(number)),
            Queued: batch.Add(Vault, new CollateralVault.QueuedOfFunction(number)),
            From: batch.Add(Vault, new CollateralVault.ProvableFromFunction(number)))).ToList();
        if (reads.Count > 0)
        {
            await batch.ExecuteAsync(cancellationToken);
        }

        return ((ulong)count, [.. reads
            .Where(read => read.Terms.Value.HubChainId == hubChain.Id.Value && read.Terms.Value.Hub == Hub)
            .Select(read => new VaultLien(read.Number, read.Lien.Value, read.Terms.Value, read.Queued.Value, read.From.Value))]);
    }

    private async Task<Dictionary<ulong, HubLien>> ReadHubAsync(
        IReadOnlyList<VaultLien> liens,
        BlockRef head,
        ulong generation,
        ImmutableDictionary<(Hash32 Key, ulong Counter), Order>.Builder orders,
        CancellationToken cancellationToken)
    {
        var batch = hubChain.Reader.At(head.Hash);
        var reads = liens.Select(lien => (lien.Number, Read: batch.Add(Hub, new MarginHub.LienOfFunction(KeyOf(lien.Number))))).ToList();
        if (reads.Count == 0)
        {
            return [];
        }

        await batch.ExecuteAsync(cancellationToken);
        var more = hubChain.Reader.At(head.Hash);
        var pending = reads.ToDictionary(one => one.Number, one => Counters(one.Read.Value).Select(counter => (
            Counter: counter,
            Pending: more.Add(Hub, new MarginHub.PendingOfFunction(KeyOf(one.Number), counter)),
            Order: more.Add(Hub, new MarginHub.OrderOfFunction(KeyOf(one.Number), counter)),
            Stored: more.Add(Hub, new MarginHub.OrderHashOfFunction(KeyOf(one.Number), counter)))).ToList());
        if (more.Count > 0)
        {
            await more.ExecuteAsync(cancellationToken);
        }

        var found = new Dictionary<ulong, HubLien>();
        foreach (var (number, read) in reads)
        {
            // A counter past every order of this hub was forged on the other side: the hub has no order there.
            var known = pending[number].Where(one => !one.Order.Failed).ToList();
            foreach (var one in known)
            {
                orders[(KeyOf(number), one.Counter)] = one.Order.Value;
            }

            found[number] = new HubLien(
                read.Value,
                [
                    .. known.Select(one => new HubOrder(
                        one.Counter,
                        KindOf(one.Pending.Value.Kind),
                        LienSlots.OrderHash(one.Order.Value),
                        one.Pending.Value.Deadline,
                        one.Pending.Value.IssueAfter,
                        !one.Stored.Value.IsZero,
                        one.Pending.Value.Ended)
                    {
                        Units = one.Pending.Value.Units,
                        LienOut = (ulong)one.Order.Value.LienOut,
                        MinOut = one.Pending.Value.MinOut,
                    }),
                ],
                known.Where(one => one.Counter == read.Value.SwapCounter).Select(one => (ulong)one.Order.Value.LienOut).FirstOrDefault());
        }

        return found;
    }

    private static IEnumerable<ulong> Counters(RemoteLien lien)
    {
        for (var counter = lien.EndedCounter + 1; counter <= lien.LastCounter; counter++)
        {
            yield return counter;
        }
    }

    private static OrderKind KindOf(byte kind) => kind switch
    {
        0 => OrderKind.Release,
        1 => OrderKind.Seize,
        2 => OrderKind.Swap,
        _ => throw new LinkRefusedException($"OrderKindUnknown: the hub has an order of kind {kind}"),
    };

    /// <summary>Of which liens the hub's state at a block holds the next order, as it is.</summary>
    private async Task<HashSet<ulong>> StoredAsync(IReadOnlyList<(ulong Number, HubOrder? Order)> nexts, Hash32? block, CancellationToken cancellationToken)
    {
        var wanted = nexts.Where(next => next.Order is { IsIssued: true }).ToList();
        if (block is not { } hash || wanted.Count == 0)
        {
            return [];
        }

        var batch = hubChain.Reader.At(hash);
        var reads = wanted.Select(next => (next.Number, next.Order!.Hash, Read: batch.Add(Hub, new MarginHub.OrderHashOfFunction(KeyOf(next.Number), next.Order.Counter)))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        return [.. reads.Where(one => one.Read.Value == one.Hash).Select(one => one.Number)];
    }

    private async Task<HashSet<ulong>> FillableAsync(
        IReadOnlyList<VaultLien> liens,
        IReadOnlyList<(ulong Number, HubOrder? Order)> nexts,
        ImmutableDictionary<(Hash32 Key, ulong Counter), Order>.Builder orders,
        BlockRef head,
        CancellationToken cancellationToken)
    {
        var batch = vaultChain.Reader.At(head.Hash);
        var reads = new List<(ulong Number, BigInteger Needed, PendingRead<BigInteger> Held, PendingRead<BigInteger> Allowed)>();
        foreach (var (number, next) in nexts.Where(next => next.Order is { Kind: OrderKind.Swap, IsIssued: true }))
        {
            var order = orders[(KeyOf(number), next!.Counter)];
            if (liens.FirstOrDefault(lien => lien.Number == order.LienOut) is { } filled)
            {
                reads.Add((
                    number,
                    order.MinOut,
                    batch.Add(filled.Terms.Token, new ERC20.BalanceOfFunction(relay)),
                    batch.Add(filled.Terms.Token, new ERC20.AllowanceFunction(relay, Vault))));
            }
        }

        if (reads.Count == 0)
        {
            return [];
        }

        await batch.ExecuteAsync(cancellationToken);
        return [.. reads.Where(one => one.Held.Value >= one.Needed && one.Allowed.Value >= one.Needed).Select(one => one.Number)];
    }
}
