using System.Threading.Channels;

namespace KeeperOracle.Chain.Blocks;

/// <summary>
/// "Look now." However often it is set between two waits it counts once, so that it holds nothing back and never grows; set while nobody
/// waits, it ends the next wait at once. Many may set it, one waits.
/// </summary>
public sealed class WakeSignal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Never blocks.</summary>
    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Until it is set; a wait that is cancelled takes nothing.</summary>
    internal async Task WaitAsync(CancellationToken ct)
    {
        // Not ReadAsync: of a wait that is cancelled while it is set, the signal is left for the next.
        await _set.Reader.WaitToReadAsync(ct).ConfigureAwait(false);
        if (!ct.IsCancellationRequested)
        {
            _set.Reader.TryRead(out _);
        }
    }
}
