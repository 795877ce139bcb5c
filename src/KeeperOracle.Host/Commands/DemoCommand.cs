using System.CommandLine;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Shows;
using KeeperOracle.Host.Story;

namespace KeeperOracle.Host.Commands;

internal static class DemoCommand
{
    public static Command Build()
    {
        var once = new Option<bool>("--once") { Description = "End after the path; exit code 0 only if every expectation held. Without it the demo runs on until Ctrl-C." };
        var prices = new Option<string?>("--prices") { Description = "Hourly prices to play: CSV (also .gz) with timestamp and price, or OHLC bars. Default: a seeded synthetic crash.", HelpName = "FILE" };
        var seed = new Option<int>("--seed") { Description = "Seed of the synthetic path.", DefaultValueFactory = _ => 7 };
        var hours = Ranged("--hours", "Hours to play.", 48, 6, 720);
        var accounts = Ranged("--accounts", "Accounts on each chain.", 20, 2, 400);
        var pace = Ranged("--pace-ms", "Least time for an hour, in milliseconds, to watch it more slowly.", 0, 0, 60_000);
        var system = new Option<string?>("--system")
        {
            Description = $"Instead of the demo the short show of one system: {ShowCatalogue.Names}. Exit code 0 only if every step holds.",
            HelpName = "N",
        }.Checked(name => ShowCatalogue.Refusal(name!));
        var story = new Option<bool>("--story") { Description = "Instead of the demo the story that touches all systems: nine scenes on two chains. Exit code 0 only if every step holds." };
        var scene = new Option<int?>("--scene") { Description = $"One scene of the story, 1 to {StoryScene.All.Count}; those before it are played without being printed.", HelpName = "N" };
        scene.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var given) && (given < 1 || given > StoryScene.All.Count))
            {
                result.AddError($"--scene {given} is outside 1 to {StoryScene.All.Count}.");
            }
        });
        var root = new Option<string?>("--root") { Description = "The checkout, where the demo is not started inside it.", HelpName = "DIR" };
        var output = CommandOptions.Output();
        var command = new Command("demo", "Plays a market crash on two local chains: reports published, accounts liquidated, everything checked.")
        {
            once, prices, seed, hours, accounts, pace, system, story, scene, root, output,
        };
        command.Validators.Add(result =>
        {
            Option[] ofTheDemo = [once, prices, seed, hours, accounts, pace];
            Option[] others = [system, story, scene];
            if (Array.Find(others, option => result.GetResult(option) is { Implicit: false }) is not { } asked)
            {
                return;
            }

            var what = asked == system ? "a show (--system)" : "the story (--story, --scene)";
            if (Array.Find(ofTheDemo, option => result.GetResult(option) is { Implicit: false }) is { } other)
            {
                result.AddError($"{other.Name} is of the demo on two chains and has no part in {what}.");
            }
            else if (asked == system && Array.Find<Option>([story, scene], option => result.GetResult(option) is { Implicit: false }) is { } both)
            {
                result.AddError($"{both.Name} is of the story and has no part in a show (--system).");
            }
        });
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(system) is { } name
            ? ShowAsync(name, parsed.GetValue(output), parsed.GetValue(root), cancellationToken)
            : parsed.GetValue(story) || parsed.GetValue(scene) is not null
            ? StoryAsync(parsed.GetValue(scene), parsed.GetValue(output), parsed.GetValue(root), cancellationToken)
            : RunAsync(
            new DemoSettings(
                parsed.GetValue(once),
                parsed.GetValue(prices),
                parsed.GetValue(seed),
                parsed.GetValue(hours),
                parsed.GetValue(accounts),
                parsed.GetValue(output),
                TimeSpan.FromMilliseconds(parsed.GetValue(pace))),
            parsed.GetValue(root),
            cancellationToken));
        return command;
    }

    private static Task<int> ShowAsync(string system, OutputFormat format, string? root, CancellationToken cancellationToken) =>
        ShowCatalogue.FindOnChain(system) is { } onChain
            ? ShowOnChainAsync(ShowStage.SetAsync, stage => onChain.On(stage, cancellationToken), format, root, cancellationToken)
        : ShowCatalogue.FindOnTwoChains(system) is { } onTwo
            ? ShowOnChainAsync((tools, ct) => TwoChainStage.SetAsync(tools, null, ct), stage => onTwo.On(stage, cancellationToken), format, root, cancellationToken)
            : Task.Run(() => ShowRun.Run(ShowCatalogue.Find(system)!, format, Console.Out, Console.Error, TimeProvider.System, cancellationToken), cancellationToken);

    private static async Task<int> ShowOnChainAsync<T>(
        Func<DemoTools, CancellationToken, Task<T>> set, Func<T, Show> show, OutputFormat format, string? root, CancellationToken cancellationToken)
        where T : IAsyncDisposable
    {
        var (tools, problem) = DemoTools.Find(root);
        if (tools is null)
        {
            await Console.Error.WriteLineAsync(problem);
            return ExitCode.Failed;
        }

        try
        {
            await Console.Error.WriteLineAsync("demo: starting local chains and deploying the protocol");
            await using var stage = await set(tools, cancellationToken);
            return await Task.Run(
                () => ShowRun.Run(show(stage), format, Console.Out, Console.Error, TimeProvider.System, cancellationToken), cancellationToken);
        }
        catch (Exception failed) when (failed is InvalidOperationException or TimeoutException or ContractRevertException)
        {
            await Console.Error.WriteLineAsync($"demo: {failed.Message}");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> StoryAsync(int? scene, OutputFormat format, string? root, CancellationToken cancellationToken)
    {
        var (tools, problem) = DemoTools.Find(root);
        if (tools is null)
        {
            await Console.Error.WriteLineAsync(problem);
            return ExitCode.Failed;
        }

        try
        {
            return await StoryRun.RunAsync(tools, scene, format, Console.Out, Console.Error, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("story: stopped before it was over; nothing is judged");
            return ExitCode.Cancelled;
        }
        catch (Exception failed) when (failed is InvalidOperationException or TimeoutException or ContractRevertException)
        {
            await Console.Error.WriteLineAsync($"story: {failed.Message}");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunAsync(DemoSettings settings, string? root, CancellationToken cancellationToken)
    {
        var (tools, problem) = DemoTools.Find(root);
        if (tools is null)
        {
            await Console.Error.WriteLineAsync(problem);
            return ExitCode.Failed;
        }

        await using var run = new DemoRun(tools, settings);
        try
        {
            var report = await run.RunAsync(cancellationToken);
            if (settings.Format == OutputFormat.Table)
            {
                DemoSummary.Print(report);
            }
            else
            {
                Output.Json(report);
            }

            return report.Passed ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("demo: stopped before the path was over; nothing is judged");
            return ExitCode.Cancelled;
        }
        catch (InputFileException unusable)
        {
            FileCommand.WriteRefusals(settings.Format, unusable);
            return ExitCode.Usage;
        }
        catch (Exception failed) when (failed is InvalidOperationException or TimeoutException)
        {
            await Console.Error.WriteLineAsync($"demo: {failed.Message}");
            return ExitCode.Failed;
        }
    }

    private static Option<int> Ranged(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name) { Description = $"{description} {least} to {most}.", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var given) && (given < least || given > most))
            {
                result.AddError($"{name} {given} is outside {least} to {most}.");
            }
        });
        return option;
    }
}
