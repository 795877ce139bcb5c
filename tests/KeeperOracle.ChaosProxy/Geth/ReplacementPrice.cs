using System.Numerics;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>10 % more on both fees, rounded down as geth does, and more than before in any case.</summary>
internal sealed class ReplacementPrice(LiveNode node) : GethBehaviour("replacementPrice")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        if (call.Method != "eth_sendRawTransaction" || RawTransaction.TryRead(call.Text(0)) is not { } offered
            || node.Pool.At(offered.Sender, offered.Nonce) is not { } waiting || waiting.Hash == offered.Hash)
        {
            return await next(call);
        }

        return IsEnough(offered.MaxFee, waiting.MaxFee) && IsEnough(offered.MaxTip, waiting.MaxTip)
            ? await next(call)
            : Reply.Fail("replacement transaction underpriced");
    }

    private static bool IsEnough(BigInteger offered, BigInteger waiting) => offered > waiting && offered >= waiting * 110 / 100;
}
