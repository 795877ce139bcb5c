using System.CommandLine;
using KeeperOracle.Host.Configuration;

namespace KeeperOracle.Host.Commands;

internal static class ConfigCommand
{
    public static Command Build() => new("config", "The configuration.") { Validate(), Show(), Schema() };

    private static Command Validate()
    {
        var configuration = CommandOptions.Configuration();
        var use = new Option<ConfigurationUse>("--for")
        {
            Description = "What it must be good for: only looking, `run` or `oracle run`.",
            HelpName = "readonly|keeper|oracle",
            DefaultValueFactory = _ => ConfigurationUse.ReadOnly,
        };
        var command = new Command("validate", "Checks the configuration without touching a chain; all problems at once, each with its fix.") { configuration, use };
        command.SetAction(parsed =>
        {
            if (CommandOptions.Load(parsed.GetRequiredValue(configuration), parsed.GetValue(use)) is not { } options)
            {
                return ExitCode.ConfigurationInvalid;
            }

            Console.Out.WriteLine($"The configuration is valid: mode {options.Mode.ToString().ToLowerInvariant()}, chains {string.Join(", ", options.Chains.Select(chain => chain.Id))}.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var configuration = CommandOptions.Configuration();
        var output = CommandOptions.Output();
        var command = new Command("show", "Prints every value in force and where it comes from. Secrets and the paths of URLs are left out.") { configuration, output };
        command.SetAction(parsed =>
        {
            var result = ConfigurationLoader.Load(parsed.GetRequiredValue(configuration), ConfigurationLoader.ProcessEnvironment(), ConfigurationUse.ReadOnly);
            Output.Write(
                parsed.GetValue(output),
                result.EffectiveValues,
                ["key", "value", "source"],
                value => [value.KeyPath, value.Value, value.Source.ToString()]);
            if (result.IsValid)
            {
                return ExitCode.Ok;
            }

            CommandOptions.WriteProblems(result.Problems);
            return ExitCode.ConfigurationInvalid;
        });
        return command;
    }

    private static Command Schema()
    {
        var command = new Command("schema", "Prints the JSON schema of the configuration, for editors.");
        command.SetAction(_ =>
        {
            Console.Out.WriteLine(ConfigurationSchema.Write());
            return ExitCode.Ok;
        });
        return command;
    }
}
