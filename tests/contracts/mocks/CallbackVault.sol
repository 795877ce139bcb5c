// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ILiquidationCallback} from "../../../contracts/interfaces/ILiquidationCallback.sol";
import {LiquidationLimits} from "../../../contracts/types/LiquidationLimits.sol";

/// @title What a vault does in a liquidation with callback, with a repayment and seizures that the test sets
contract CallbackVault {
    error DeadlinePassed(uint256 deadline, uint256 currentTime);

    address public immutable asset;
    address[] private _collaterals;
    uint256 private _repay;
    uint256[] private _seized;

    constructor(address stable, address[] memory collaterals_) {
        asset = stable;
        _collaterals = collaterals_;
    }

    function plan(uint256 repay, uint256[] calldata seized) external {
        (_repay, _seized) = (repay, seized);
    }

    function collaterals() external view returns (address[] memory) {
        return _collaterals;
    }

    function liquidate(bytes32 account, LiquidationLimits calldata limits, bytes calldata data)
        external
        returns (uint256, uint256[] memory)
    {
        require(limits.minSeized.length == _collaterals.length, "length");
        require(limits.maxRepay >= _repay, "repay");
        if (block.timestamp > limits.deadline) revert DeadlinePassed(limits.deadline, block.timestamp);
        for (uint256 i = 0; i < _seized.length; ++i) {
            require(IERC20(_collaterals[i]).transfer(msg.sender, _seized[i]), "transfer");
        }
        ILiquidationCallback(msg.sender).onLiquidation(account, _repay, _collaterals, _seized, data);
        require(IERC20(asset).transferFrom(msg.sender, address(this), _repay), "transferFrom");
        return (_repay, _seized);
    }

    /// @dev Calls back without having been asked to liquidate.
    function callBackUnasked(ILiquidationCallback target) external {
        target.onLiquidation(bytes32(0), 0, _collaterals, _seized, "");
    }
}
