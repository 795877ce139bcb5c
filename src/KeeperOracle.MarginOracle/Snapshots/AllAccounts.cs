using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>An account as it was read.</summary>
/// <param name="Moves">whether it may change without an action on it: by prices and age alone</param>
internal readonly record struct SeenAccount(AccountSnapshot Account, bool Moves);

/// <summary>
/// Every account of a vault, cold: through the lens, which costs a node a third of the work, or call by call where the lens has no answer. Both
/// give the same. Standing top-ups and swap mandates, which few accounts have, are not in the lens's rows and asked for by call either way. A node that carries no code is not asked to again; any other failure of the lens (an account whose numbers are too wide for it,
/// nodes that differ in what they carry) is one of this read.
/// </summary>
internal sealed class AllAccounts(ChainReader reader, ProtocolAddresses addresses)
{
    /// <summary>Accounts whose ids are asked for by one call.</summary>
    public const int IdPage = 500;

    private readonly Address _vault = addresses.MarginVault;
    private volatile bool _isRefused;

    /// <param name="block">the block</param>
    /// <param name="peers">of the vault</param>
    /// <param name="count">how many accounts there are at the block</param>
    /// <param name="collaterals">how many collaterals there are at the block</param>
    /// <param name="cancellationToken">ends the read</param>
    public async Task<IReadOnlyList<SeenAccount>> ReadAsync(BlockRef block, VaultPeers peers, int count, int collaterals, CancellationToken cancellationToken)
    {
        if (!_isRefused)
        {
            try
            {
                return await ByLensAsync(block, peers, count, collaterals, cancellationToken);
            }
            catch (CarriedCodeRefusedException)
            {
                _isRefused = true;
            }
            catch (Exception failed) when (failed is ContractRevertException or AbiException or RpcException { Kind: RpcFailure.NoQuorum })
            {
                // Whatever it is, the calls below meet it again and say which account it is about; or they do not, and all is well.
            }
        }

        return await ByCallsAsync(block, peers, count, cancellationToken);
    }

    internal async Task<IReadOnlyList<SeenAccount>> ByLensAsync(
        BlockRef block, VaultPeers peers, int count, int collaterals, CancellationToken cancellationToken)
    {
        var lens = new LensReader(reader, _vault, peers.OptionBook, peers.MarginHub);
        var seen = (await lens.ReadAsync(count, collaterals, block.Hash, cancellationToken)).ToArray();
        var batch = reader.At(block.Hash);
        var withLegs = seen.Select((one, at) => (one.Account, at)).Where(pair => pair.Account.Options.Legs > 0)
            .Select(pair => (pair.at, Requirement: new PendingRequirement(batch, pair.Account.Account, peers.OptionBook))).ToList();
        var withLiens = seen.Select((one, at) => (one.Account, at)).Where(pair => PendingLiens.Concerns(pair.Account.DebtShares, pair.Account.Options.Legs, pair.Account.Remote.Maintenance.Raw))
            .Select(pair => (pair.at, Liens: new PendingLiens(batch, pair.Account.Account, peers.MarginHub, isOwing: pair.Account.DebtShares.Sign > 0))).ToList();
        var standing = seen.Select(one => (
            TopUps: new PendingTopUps(batch, one.Account.Account, _vault), Swap: new PendingSwapMandate(batch, one.Account.Account, _vault))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        for (var i = 0; i < seen.Length; i++)
        {
            var (topUps, swap) = (standing[i].TopUps.ToSnapshot(), standing[i].Swap.ToSnapshot());
            if (topUps.Length > 0 || swap is not null)
            {
                seen[i] = seen[i] with { Account = seen[i].Account with { TopUps = topUps, SwapMandate = swap } };
            }
        }

        foreach (var (at, requirement) in withLegs)
        {
            var account = seen[at].Account;
            seen[at] = seen[at] with { Account = account with { Options = requirement.Of(account.Options) } };
        }

        await PendingLiens.ReadMoreAsync(() => reader.At(block.Hash), [.. withLiens.Select(pair => pair.Liens)], addresses, cancellationToken);
        foreach (var (at, liens) in withLiens)
        {
            seen[at] = seen[at] with { Account = seen[at].Account with { Liens = liens.ToSnapshot(), LienSwaps = liens.Mandates() } };
        }

        return seen;
    }

    internal async Task<IReadOnlyList<SeenAccount>> ByCallsAsync(BlockRef block, VaultPeers peers, int count, CancellationToken cancellationToken)
    {
        var ids = reader.At(block.Hash);
        var pages = new List<PendingRead<IReadOnlyList<Hash32>>>();
        for (var start = 0; start < count; start += IdPage)
        {
            pages.Add(ids.Add(_vault, new MarginVault.AccountsFunction(start, IdPage)));
        }

        await ids.ExecuteAsync(cancellationToken);
        var batch = reader.At(block.Hash);
        var accounts = pages.SelectMany(page => page.Value).Select(id => new PendingAccount(batch, id, _vault, peers)).ToList();
        await batch.ExecuteAsync(cancellationToken);
        await PendingAccount.ReadMoreAsync(() => reader.At(block.Hash), accounts, peers, addresses, cancellationToken);
        return [.. accounts.Select(account => new SeenAccount(account.ToSnapshot(), account.Moves))];
    }
}
