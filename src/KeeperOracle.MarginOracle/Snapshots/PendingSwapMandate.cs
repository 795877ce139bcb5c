using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>Reads the swap mandate of one account.</summary>
internal sealed class PendingSwapMandate(ReadBatch batch, Hash32 account, Address vault)
{
    private readonly PendingRead<SwapMandate> _mandate = batch.Add(vault, new MarginVault.SwapMandateOfFunction(account));

    /// <summary>After the batch has run; null where its owner allows nothing.</summary>
    public SwapMandateSnapshot? ToSnapshot() => _mandate.Value is { TriggerHealth: not 0 } mandate
        ? new SwapMandateSnapshot(
            new Wad(mandate.TriggerHealth),
            new Wad(mandate.TargetHealth),
            new Wad(mandate.MaxSlippage),
            new Wad(mandate.LossBudget),
            mandate.Window,
            mandate.Expiry,
            mandate.AllowedIn,
            mandate.AllowedOut,
            mandate.Tip)
        : null;
}
