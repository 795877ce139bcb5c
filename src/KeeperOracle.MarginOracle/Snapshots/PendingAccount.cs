using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads one account: what it holds here, what it holds elsewhere, and where it holds options their requirement. That is dear (thousands of
/// units of gas for a leg and scenario), so it is asked in a batch of its own, and for those who hold some only.
/// </summary>
internal sealed class PendingAccount(ReadBatch batch, Hash32 account, Address vault, VaultPeers peers)
{
    private readonly PendingRead<Position> _position = batch.Add(vault, new MarginVault.PositionFunction(account));
    private readonly PendingRead<BigInteger> _legs = batch.Add(peers.OptionBook, new OptionBook.LegCountFunction(account));
    private readonly PendingRead<BigInteger> _claims = batch.Add(peers.OptionBook, new OptionBook.PendingClaimsFunction(account));
    private readonly PendingRead<Capacity> _remote = batch.Add(peers.MarginHub, new MarginHub.CapacityOfFunction(account));
    private PendingRead<OptionBook.MaintenanceResult>? _maintenance;
    private PendingRead<BigInteger>? _initial;

    /// <summary>After the batch of the accounts has run.</summary>
    public static async Task ReadRequirementsAsync(
        ReadBatch batch, IEnumerable<PendingAccount> accounts, Address optionBook, CancellationToken cancellationToken)
    {
        foreach (var account in accounts.Where(account => account._legs.Value.Sign > 0))
        {
            account.AddRequirement(batch, optionBook);
        }

        await batch.ExecuteAsync(cancellationToken);
    }

    public Hash32 Account => account;

    /// <summary>Whether it may change without an action on it: by prices and age alone.</summary>
    public bool Moves => _position.Value.HasLiens || _legs.Value.Sign > 0;

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
            new RemoteSnapshot(new Wad(_remote.Value.Initial), new Wad(_remote.Value.Maintenance), new Wad(_remote.Value.Value)));
    }

    private void AddRequirement(ReadBatch batch, Address book)
    {
        _maintenance = batch.Add(book, new OptionBook.MaintenanceFunction(account));
        _initial = batch.Add(book, new OptionBook.InitialRequirementFunction(account));
    }

    private OptionSnapshot Options()
    {
        if (_maintenance is null || _initial is null)
        {
            return OptionSnapshot.None with { PendingClaims = _claims.Value };
        }

        var problem = _maintenance.Problem ?? _initial.Problem;
        return new OptionSnapshot(
            (int)_legs.Value,
            problem is null ? new Wad(_initial.Value) : Wad.Zero,
            problem is null ? new Wad(_maintenance.Value.Requirement) : Wad.Zero,
            problem is null ? new Wad(_maintenance.Value.MarkToMarket) : Wad.Zero,
            _claims.Value,
            problem ?? "");
    }
}
