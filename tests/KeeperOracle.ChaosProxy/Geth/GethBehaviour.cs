using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>One thing that geth does and anvil does not. It stands between a call and the node, and hears of each change of the chain.</summary>
internal abstract class GethBehaviour(string name)
{
    /// <summary>As chaos_geth calls it.</summary>
    public string Name { get; } = name;

    public bool IsOn { get; set; } = true;

    public virtual Task<Reply> AnswerAsync(Call call, Next next) => next(call);

    public virtual Task FollowAsync(ChainChange change) => Task.CompletedTask;
}
