using System.Text.Json.Nodes;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// The keeper's real process, active, and how far it is: by its own journal, so that a replay goes on when it has decided about a block and
/// sent what it wants to, however slow the machine.
/// </summary>
internal sealed class AttendedKeeper : IAsyncDisposable
{
    private readonly ProtocolWorld _world;
    private readonly HashSet<string> _underWay = [];
    private readonly List<IntentSettled> _ends = [];
    private readonly List<Decision> _decisions = [];
    private long _read;
    private ulong _block;

    private AttendedKeeper(ProtocolWorld world, KeeperFolder folder, ProductProcess process) => (_world, Folder, Process) = (world, folder, process);

    public KeeperFolder Folder { get; }

    public ProductProcess Process { get; }

    /// <summary>How actions ended, as far as it has been read.</summary>
    public IReadOnlyList<IntentSettled> Ends => _ends;

    /// <summary>All decisions as far as they have been read.</summary>
    public IReadOnlyList<Decision> Decisions => _decisions;

    public IEnumerable<IntentRecord> Liquidations => Folder.Intents().Where(intent => IsLiquidation(intent.Purpose));

    /// <summary>Ready when the vault may take its stable units and it has decided about the head.</summary>
    /// <param name="chain">changes what stands about the chain in its configuration</param>
    /// <param name="keeper">and about itself</param>
    public static async Task<AttendedKeeper> StartAsync(
        ProtocolWorld world, Action<JsonObject>? chain = null, Action<JsonObject>? keeper = null, params (string Name, Uri Url)[] oracleNodes)
    {
        var folder = world.NewKeeper(KeeperMode.Active, oracleNodes);
        folder.Edit("common.json", section => chain?.Invoke(section["Chains"]!["31337"]!.AsObject()));
        folder.Edit("keeper.json", section => keeper?.Invoke(section["Keeper"]!.AsObject()));
        // The key may have approved in an earlier part of the same replay.
        var attended = new AttendedKeeper(world, folder, folder.StartKeeper("--adopt-nonce"));
        try
        {
            await attended.QuietAsync();
            return attended;
        }
        catch
        {
            await attended.DisposeAsync();
            throw;
        }
    }

    /// <summary>Until it has decided about the head and nothing is under way: on a chain that mines by itself.</summary>
    public Task QuietAsync() => UntilAsync(
        async head => _block == head && _underWay.Count == 0 && head == await HeadAsync(), "the keeper has nothing more to do");

    /// <summary>Until it has decided about the head, knows what of it is mined, and the rest waits for a block: on a chain that is mined by hand.</summary>
    public Task HasSentAsync() => UntilAsync(
        async head =>
        {
            var open = Folder.Intents().Where(intent => intent.IsOpen).ToList();
            return _block == head && _underWay.IsSubsetOf(open.Select(intent => intent.Purpose)) && await WaitAsync(open);
        },
        "the keeper has sent what it wants to");

    /// <summary>The same, and whether anything of it waits for a block.</summary>
    public async Task<bool> HasOpenAsync()
    {
        await HasSentAsync();
        return Folder.Intents().Any(intent => intent.IsOpen);
    }

    public async Task StopAsync()
    {
        var ended = await Process.StopAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Look();
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Folder.Dispose();
    }

    public static bool IsLiquidation(string purpose) => purpose.StartsWith("liquidate/", StringComparison.Ordinal);

    private Task UntilAsync(Func<ulong, Task<bool>> condition, string what) => Until.TrueAsync(
        async () =>
        {
            Assert.False(Process.HasExited, Process.Errors);
            Look();
            return await condition(await HeadAsync());
        },
        what,
        () => $"decided about {_block}, under way {string.Join(' ', _underWay)}\n{Process.Errors}");

    private async Task<bool> WaitAsync(List<IntentRecord> open)
    {
        foreach (var intent in open)
        {
            if (await _world.Chain.Eth.GetTransactionByHashAsync(intent.Attempts[^1].TxHash, CancellationToken.None) is not { IsPending: true })
            {
                return false;
            }
        }

        return true;
    }

    private async Task<ulong> HeadAsync() => (await _world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;

    private void Look()
    {
        foreach (var step in Folder.Steps(_read + 1))
        {
            _read = step.Seq;
            switch (KeeperJson.ReadEvent(step.Event.Span))
            {
                case ChainObserved observed:
                    _block = observed.Snapshot.Block.Number;
                    break;
                case ChainAdvanced advanced:
                    _block = advanced.Block.Number;
                    break;
                case IntentSettled settled:
                    _underWay.Remove(settled.Purpose);
                    _ends.Add(settled);
                    break;
                default:
                    break;
            }

            var decisions = KeeperJson.ReadDecisions(step.Decisions.Span);
            _decisions.AddRange(decisions);
            _underWay.UnionWith(decisions.Select(decision => decision.Verdict).OfType<Act>().Select(act => act.Purpose));
        }
    }
}
