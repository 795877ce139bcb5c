using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads one account: what it holds here, what it holds elsewhere, its standing top-ups and swap mandate, the liens that a liquidation could seize or a mandate could swap, and where it holds options their requirement. That is dear (thousands of
/// units of gas for a leg and scenario), so it is asked in a batch of its own, and for those who hold some only.
/// </summary>
internal sealed class PendingAccount(ReadBatch batch, Hash32 account, Address vault, VaultPeers peers)
{
    private readonly PendingRead<Position> _position = batch.Add(vault, new MarginVault.PositionFunction(account));
    private readonly PendingRead<BigInteger> _legs = batch.Add(peers.OptionBook, new OptionBook.LegCountFunction(account));
    private readonly PendingRead<BigInteger> _claims = batch.Add(peers.OptionBook, new OptionBook.PendingClaimsFunction(account));
    private readonly PendingRead<Capacity> _remote = batch.Add(peers.MarginHub, new MarginHub.CapacityOfFunction(account));
    private readonly PendingTopUps _topUps = new(batch, account, vault);
    private readonly PendingSwapMandate _swapMandate = new(batch, account, vault);
    private PendingRequirement? _requirement;
    private PendingLiens? _liens;

    /// <summary>After the batch of the accounts has run: requirements of options, and liens of those who owe or hold some.</summary>
    public static async Task ReadMoreAsync(
        Func<ReadBatch> at, IReadOnlyCollection<PendingAccount> accounts, VaultPeers peers, ProtocolAddresses addresses, CancellationToken cancellationToken)
    {
        var batch = at();
        foreach (var account in accounts.Where(account => !account._legs.Failed && account._legs.Value.Sign > 0))
        {
            account._requirement = new PendingRequirement(batch, account.Account, peers.OptionBook);
        }

        foreach (var account in accounts.Where(account => !account._remote.Failed))
        {
            var shares = account._position.Value.DebtShares;
            if (PendingLiens.Concerns(shares, account._legs.Failed ? 0 : (int)account._legs.Value, account._remote.Value.Maintenance))
            {
                account._liens = new PendingLiens(batch, account.Account, peers.MarginHub, isOwing: shares.Sign > 0);
            }
        }

        await batch.ExecuteAsync(cancellationToken);
        await PendingLiens.ReadMoreAsync(at, [.. accounts.Select(account => account._liens).OfType<PendingLiens>()], addresses, cancellationToken);
    }

    public Hash32 Account => account;

    /// <summary>Whether it may change without an action on it: by prices and age alone.</summary>
    public bool Moves => _position.Value.HasLiens || Unread is not null || _legs.Value.Sign > 0 || _claims.Value.Sign > 0;

    public AccountSnapshot ToSnapshot()
    {
        var position = _position.Value;
        return new AccountSnapshot(
            account,
            position.Owner,
            position.Number,
            position.Liquidations,
            position.DebtShares,
            position.Credit,
            position.OptionDebt,
            [.. position.Collateral],
            Options(),
            _remote.Failed
                ? default
                : new RemoteSnapshot(new Wad(_remote.Value.Initial), new Wad(_remote.Value.Maintenance), new Wad(_remote.Value.Value)))
        {
            TopUps = _topUps.ToSnapshot(),
            SwapMandate = _swapMandate.ToSnapshot(),
            Liens = _liens?.ToSnapshot() ?? [],
            LienSwaps = _liens?.Mandates() ?? [],
        };
    }

    /// <summary>One account that cannot be read is left alone under its name; it does not keep the others from being read.</summary>
    private string? Unread => _legs.Problem ?? _claims.Problem ?? _remote.Problem;

    private OptionSnapshot Options()
    {
        if (Unread is { } unread)
        {
            return OptionSnapshot.None with { Problem = unread };
        }

        var held = OptionSnapshot.None with { Legs = (int)_legs.Value, PendingClaims = _claims.Value };
        return _requirement?.Of(held) ?? held;
    }
}

/// <summary>The requirement of an account with options.</summary>
internal sealed class PendingRequirement(ReadBatch batch, Hash32 account, Address optionBook)
{
    private readonly PendingRead<OptionBook.MaintenanceResult> _maintenance = batch.Add(optionBook, new OptionBook.MaintenanceFunction(account));
    private readonly PendingRead<BigInteger> _initial = batch.Add(optionBook, new OptionBook.InitialRequirementFunction(account));

    /// <summary>After the batch has run: what is held, with the requirement or why there is none.</summary>
    public OptionSnapshot Of(OptionSnapshot held) => (_maintenance.Problem ?? _initial.Problem) is { } problem
        ? held with { Problem = problem }
        : held with
        {
            InitialRequirement = new Wad(_initial.Value),
            Requirement = new Wad(_maintenance.Value.Requirement),
            MarkToMarket = new Wad(_maintenance.Value.MarkToMarket),
        };
}
