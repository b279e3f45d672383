using System.Data.Common;

namespace HmsOrleans.Silo.History;

/// <summary>A database that holds incidents: the node's own file, or the cluster's server.</summary>
internal interface IHistoryDatabase
{
    /// <summary>Does something with a connection of its own, beside the turns of the grain that asks for it.</summary>
    /// <exception cref="DbException">The database does not do it.</exception>
    Task<T> DoAsync<T>(Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken);
}

internal static class HistoryCommands
{
    /// <summary>A command with its parameters.</summary>
    public static DbCommand Command(this DbConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
