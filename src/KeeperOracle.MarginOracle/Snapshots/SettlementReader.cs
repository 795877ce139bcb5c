using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Adds to a snapshot what the settlement of options asks for: each account's options and claims, and how far the settlement of each pool is; and where somebody holds options what is attested of the listed expiries. Where no expiry is
/// listed and nobody holds or has won anything, it asks for nothing.
/// </summary>
/// <param name="newBatch">at the snapshot's block</param>
internal sealed class SettlementReader(Func<ReadBatch> newBatch, ProtocolAddresses addresses, Address optionBook)
{
    /// <summary>From so many seconds after expiry the fallback feed's round serves, where fewer prices than this were recorded: contracts/libraries/ExpiryFixing.sol.</summary>
    private const ulong FallbackDelay = 21_600;
    private const int EnoughObservations = 5;

    /// <param name="snapshot">with everything else</param>
    /// <param name="held">the one before it: an account that is as it was there is the same object</param>
    /// <param name="cancellationToken">ends the read</param>
    public async Task<ChainSnapshot> CompleteAsync(ChainSnapshot snapshot, ChainSnapshot? held, CancellationToken cancellationToken)
    {
        List<int> holders = [.. Positions(snapshot, account => account.Options.Legs > 0)];
        List<int> claimants = [.. Positions(snapshot, account => account.Options.PendingClaims.Sign > 0)];
        if (holders.Count == 0 && claimants.Count == 0 && snapshot.Assets.All(asset => asset.Expiries.IsEmpty))
        {
            return snapshot;
        }

        var batch = newBatch();
        var listed = batch.Add(optionBook, new OptionBook.UnderlyingsFunction());
        var books = holders.Select(at => (at, Book: new PendingLegs(batch, snapshot.Accounts[at].Account, optionBook))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        List<Address> underlyings = [.. listed.Value.Select(underlying => underlying.Asset)];
        var accounts = snapshot.Accounts.ToBuilder();
        foreach (var (at, book) in books)
        {
            accounts[at] = book.AddTo(accounts[at], underlyings);
        }

        var second = newBatch();
        List<PendingPool> pools = [.. Expiries(snapshot, books.SelectMany(pair => accounts[pair.at].Legs), underlyings)
            .Select(pool => new PendingPool(second, pool.Asset, pool.Expiry, optionBook))];
        var inputs = holders.Count == 0 ? [] : snapshot.Assets
            .SelectMany(asset => asset.Expiries.Select(expiry => (asset.Token, expiry, Read: second.Add(addresses.RiskOracle, new RiskOracle.OptionInputsFunction(asset.Token, expiry))))).ToList();
        var claims = claimants.SelectMany(at => pools.Where(pool => pool.Expiry < snapshot.Block.Timestamp)
            .Select(pool => (at, pool, Amount: second.Add(optionBook, new OptionBook.ClaimOfFunction(accounts[at].Account, pool.Asset, pool.Expiry))))).ToList();
        await second.ExecuteAsync(cancellationToken);
        foreach (var of in claims.Where(claim => !claim.Amount.Failed && claim.Amount.Value.Sign > 0).ToLookup(claim => claim.at))
        {
            accounts[of.Key] = accounts[of.Key] with { Claims = [.. of.Select(claim => new ClaimSnapshot(claim.pool.Asset, claim.pool.Expiry, claim.Amount.Value))] };
        }

        var attested = inputs.Where(input => !input.Read.Failed)
            .ToLookup(input => input.Token, input => new OptionInputSnapshot(input.expiry, new Wad(input.Read.Value.Value0), new Wad(input.Read.Value.Value1)));
        var assets = await WithPoolsAsync(snapshot, pools, cancellationToken);
        return snapshot with { Assets = [.. assets.Select(asset => asset with { OptionInputs = [.. attested[asset.Token]] })], Accounts = Shared(accounts, holders.Concat(claimants), held) };
    }

    private static IEnumerable<int> Positions(ChainSnapshot snapshot, Func<AccountSnapshot, bool> isMeant) =>
        Enumerable.Range(0, snapshot.Accounts.Length).Where(at => isMeant(snapshot.Accounts[at]));

    /// <summary>Of the vault's collaterals that options are written on: what is listed, and what somebody holds.</summary>
    private static IEnumerable<(Address Asset, ulong Expiry)> Expiries(ChainSnapshot snapshot, IEnumerable<LegSnapshot> legs, List<Address> underlyings)
    {
        var held = legs.ToLookup(leg => leg.Underlying, leg => leg.Expiry);
        return snapshot.Assets.Where(asset => underlyings.Contains(asset.Token))
            .SelectMany(asset => asset.Expiries.Concat(held[asset.Token]).Distinct().Order().Select(expiry => (asset.Token, expiry)));
    }

    private async Task<ImmutableArray<AssetSnapshot>> WithPoolsAsync(ChainSnapshot snapshot, List<PendingPool> pools, CancellationToken cancellationToken)
    {
        var now = snapshot.Block.Timestamp;
        var read = pools.Where(pool => pool.IsRead).Select(pool => (pool.Asset, Pool: pool.ToSnapshot())).ToList();
        for (var i = 0; i < read.Count; i++)
        {
            var (asset, pool) = read[i];
            if (pool.Price == Wad.Zero && pool.Accounts > 0 && pool.Observations < EnoughObservations && now >= pool.Expiry + FallbackDelay)
            {
                var round = await new FallbackRoundSearch(newBatch, addresses.OracleHub, asset, now).FindAsync(pool.Expiry, cancellationToken);
                read[i] = (asset, pool with { FallbackRound = round });
            }
        }

        var byAsset = read.ToLookup(pair => pair.Asset, pair => pair.Pool);
        return [.. snapshot.Assets.Select(asset => asset with { ExpiryPools = [.. byAsset[asset.Token]] })];
    }

    private static ImmutableArray<AccountSnapshot> Shared(ImmutableArray<AccountSnapshot>.Builder accounts, IEnumerable<int> changed, ChainSnapshot? held)
    {
        foreach (var at in changed)
        {
            if (held is not null && at < held.Accounts.Length && held.Accounts[at].Account == accounts[at].Account && held.Accounts[at].IsSameAs(accounts[at]))
            {
                accounts[at] = held.Accounts[at];
            }
        }

        return accounts.ToImmutable();
    }

    /// <summary>One account's options.</summary>
    private sealed class PendingLegs(ReadBatch batch, Hash32 account, Address optionBook)
    {
        private readonly PendingRead<IReadOnlyList<BigInteger>> _words = batch.Add(optionBook, new OptionBook.LegsOfFunction(account));
        private readonly PendingRead<OptionBook.LegStateResult> _state = batch.Add(optionBook, new OptionBook.LegStateFunction(account));

        public AccountSnapshot AddTo(AccountSnapshot held, List<Address> underlyings) => _words.Failed || _state.Failed
            ? held
            : held with { Legs = [.. _words.Value.Select(word => LegWord.Read(word, underlyings))], LegNonce = _state.Value.Nonce };
    }

    /// <summary>All options of one underlying and expiry.</summary>
    private sealed class PendingPool(ReadBatch batch, Address asset, ulong expiry, Address optionBook)
    {
        private readonly PendingRead<Pool> _pool = batch.Add(optionBook, new OptionBook.PoolOfFunction(asset, expiry));
        private readonly PendingRead<OptionBook.ObservationsOfResult> _observations = batch.Add(optionBook, new OptionBook.ObservationsOfFunction(asset, expiry));

        public Address Asset => asset;

        public ulong Expiry => expiry;

        public bool IsRead => !_pool.Failed && !_observations.Failed;

        public ExpiryPoolSnapshot ToSnapshot() => new(
            expiry,
            new Wad(_pool.Value.Price),
            (int)_pool.Value.Accounts,
            new Wad(_pool.Value.Haircut),
            _pool.Value.Closed,
            _pool.Value.Claims,
            _observations.Value.Prices.Count,
            _observations.Value.LastAt,
            BigInteger.Zero);
    }
}
