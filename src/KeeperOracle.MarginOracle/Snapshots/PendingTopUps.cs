using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>Reads the standing top-ups of one account.</summary>
internal sealed class PendingTopUps(ReadBatch batch, Hash32 account, Address vault)
{
    /// <summary>Top-ups that an account can have: MAX_MANDATES of contracts/libraries/TopUp.sol.</summary>
    private const int Most = 4;

    private readonly PendingRead<TopUpMandate>[] _mandates =
        [.. Enumerable.Range(0, Most).Select(index => batch.Add(vault, new MarginVault.TopUpMandateOfFunction(account, index)))];

    /// <summary>After the batch has run.</summary>
    public ImmutableArray<TopUpSnapshot> ToSnapshot() =>
    [
        .. _mandates.Select((read, index) => (read.Value, index)).Where(pair => pair.Value.TriggerHealth != 0).Select(pair => new TopUpSnapshot(
            pair.index,
            pair.Value.Source,
            pair.Value.Token,
            new Wad(pair.Value.TriggerHealth),
            new Wad(pair.Value.TargetHealth),
            pair.Value.Window,
            pair.Value.Expiry,
            pair.Value.CapPerWindow)),
    ];
}
