using System.Text;

namespace KeeperOracle.Generators;

/// <summary>
/// Decides where each struct lives: one shape under a name is one type in the namespace, whichever contracts use it, so that
/// an observation read from one contract goes into a call of another; two shapes under one name live inside their contracts.
/// </summary>
internal static class StructCatalogue
{
    /// <summary>Names every struct and returns those that belong to the namespace.</summary>
    public static List<AbiStruct> Place(IReadOnlyList<AbiContract> contracts)
    {
        var shared = new List<AbiStruct>();
        foreach (var sameName in contracts.SelectMany(contract => contract.Structs).GroupBy(found => found.Name))
        {
            var isContract = contracts.Any(contract => contract.Name == sameName.Key) || sameName.Key is "ContractErrors" or "ContractCalls";
            if (!isContract && sameName.Select(found => found.Shape).Distinct().Count() == 1)
            {
                shared.Add(sameName.First());
                foreach (var found in sameName)
                {
                    found.IsShared = true;
                    found.CSharpName = $"global::{ContractCode.Namespace}.{found.Name}";
                }
            }
        }

        foreach (var contract in contracts)
        {
            foreach (var sameName in Nested(contract).GroupBy(found => found.Name))
            {
                var index = 0;
                foreach (var found in sameName)
                {
                    var name = found.Name + (found.Name == contract.Name ? "Struct" : "") + (index == 0 ? "" : $"{index}");
                    found.CSharpName = $"global::{ContractCode.Namespace}.{contract.Name}.{name}";
                    index++;
                }
            }
        }

        return shared;
    }

    /// <summary>The structs that stay inside this contract's class.</summary>
    public static IEnumerable<AbiStruct> Nested(AbiContract contract) => contract.Structs.Where(found => !found.IsShared);

    public static string Declare(AbiStruct declared, string indent)
    {
        var name = declared.CSharpName.Substring(declared.CSharpName.LastIndexOf('.') + 1);
        var record = new RecordCode(name, declared.Fields);
        var isStruct = !declared.Fields.Any(field => field.Type.HoldsReference);
        var text = new StringBuilder();
        text.Append($"{indent}/// <summary>Solidity's <c>struct {declared.Name}</c>.</summary>\n");
        text.Append($"{indent}public {(isStruct ? "readonly record struct" : "sealed record")} {name}({record.Parameters()})\n{indent}{{\n");
        text.Append(record.Equality(indent + "    ", isStruct));
        text.Append(record.Print(indent + "    ", isStruct));
        text.Append($"{indent}    internal static {name} ReadFrom(ref global::KeeperOracle.Chain.Abi.AbiReader r) => {record.ReadAll("r")};\n");
        text.Append($"{indent}    internal {(isStruct ? "readonly " : "")}void WriteTo(global::KeeperOracle.Chain.Abi.AbiWriter w)\n{indent}    {{\n");
        text.Append(record.WriteAll("w", indent + "        "));
        return text.Append($"{indent}    }}\n{indent}}}\n\n").ToString();
    }
}
