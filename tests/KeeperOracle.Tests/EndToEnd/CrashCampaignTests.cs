using System.Globalization;
using KeeperOracle.Host.Sending;

namespace KeeperOracle.Tests.EndToEnd;

// Specification.
//
// The keeper's real process, with its real journal on disk, on a real chain with the protocol, ended by SIGKILL at a named point (CrashPoint): at the edge
// of every journal write, signature, broadcast and answer. Its key lies with the real signer's process, which lives on and gives a used nonce for nothing else. The kill is in the process (KeeperOracle.CrashHook), so that it happens there and nowhere else.
// A life is ten kills at one point. Before each kill the chain is brought to where the point must be passed (CrashLife.ProvokeAsync): prices fall,
// fees rise over a bid, the pool forgets, a reorganisation takes blocks away. The next process meets what the killed one left, and is killed again.
// After the last kill a keeper runs to rest, and then:
//   every account that must be liquidated is                              (nothing lost)
//   each intent has the effect on chain that its state says, once         (nothing doubled, nothing mistold)
//   the signer's nonce is the number of its intents                       (nothing beside the journal)
//   no intent is open                                                     (nothing stuck)
//   the decision log replays to the same bytes
// SIGKILL proves nothing about power loss: what is flushed is another test's matter (F49).
//
// KEEPERORACLE_CRASH_KILLS says how many kills each point gets; scripts/crash-campaign gives more. Without it twelve points have 10, and the four that take the longest to be passed
// have 3, so that all together take under ten minutes.

/// <summary>Each named crash point, ten kills or three.</summary>
[Collection(EndToEndCollections.World)]
public sealed class CrashCampaignTests(ProtocolWorld world)
{
    private const int KillsOfALife = 10;

    private static readonly CrashPoint[] Long = [CrashPoint.BeforeReplacing, CrashPoint.ReplacementRecorded, CrashPoint.ReplacementBroadcast, CrashPoint.Concluded];

    public static TheoryData<CrashPoint> Points => [.. Enum.GetValues<CrashPoint>()];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task F45_Keeper_KilledAtThePointAgainAndAgain_HasOneEffectPerIntent(CrashPoint point)
    {
        for (var left = KillsOf(point); left > 0; left -= KillsOfALife)
        {
            await world.ResetAsync();
            await using var life = new CrashLife(world, point);
            await life.BeginAsync();
            for (var kill = 0; kill < Math.Min(left, KillsOfALife); kill++)
            {
                await life.KillAsync(kill);
            }

            await life.EndAsync();
        }
    }

    private static int KillsOf(CrashPoint point) =>
        Environment.GetEnvironmentVariable("KEEPERORACLE_CRASH_KILLS") is { } kills ? int.Parse(kills, CultureInfo.InvariantCulture) : Long.Contains(point) ? 3 : KillsOfALife;
}
